//! What can go wrong with settings and at a start, in the words of who must put it right: one sentence, what to do, a code.

use std::io;
use std::path::Path;

use minsheng_kit::identity::KeyError;
use minsheng_kit::server::BindError;
use minsheng_kit::service::StartError;
use minsheng_kit::settings::{Expected, SettingsError, Source};
use minsheng_kit::store::OpenError;
use minsheng_kit::telemetry::TelemetryError;
use minsheng_kit::tls::TlsError;
use sea_orm::{DbErr, RuntimeErr, sqlx};

use crate::failure::Kind;
use crate::finding::{CERTIFICATES, DATABASES, FILES, Finding, PORTS, SETTINGS, START, TELEMETRY};

fn bad(subject: &'static str, code: &'static str, message: impl Into<String>, advice: &str) -> Finding {
    Finding::bad(Kind::Usage, subject, code, message, advice)
}

/// Where a setting comes from.
pub(crate) fn source(source: &Source) -> String {
    match source {
        Source::Default => "默认值".to_owned(),
        Source::File(place) => format!("文件 {place}"),
        Source::Variable(name) => format!("环境变量 {name}"),
        Source::SecretFile(name) => format!("环境变量 {name} 所指的文件"),
        Source::Program => "程序自行指定".to_owned(),
    }
}

/// Something that is wrong with the settings.
pub(crate) fn settings(error: &SettingsError) -> Finding {
    let meant = |nearest: &Option<String>, otherwise: &str| match nearest {
        Some(nearest) => format!("改为{nearest}，或删去"),
        None => otherwise.to_owned(),
    };
    match error {
        SettingsError::Read { path, source } => file(path, source),
        SettingsError::Secret { name, path, source } => file(path, source).fact("variable", "环境变量", name),
        SettingsError::StrayFile { path, nearest } => {
            let otherwise = "设置文件名为 catalogue、reporting、verification、ranking、gateway、telemetry 加 .toml；无关的文件移出设置目录";
            let message = format!("没有哪个服务读文件{}。", path.display());
            bad(SETTINGS, "FILE_UNREAD", message, &meant(nearest, otherwise))
        }
        SettingsError::StrayVariable { name, nearest } => {
            let otherwise = if name.starts_with("MINSHENG__") {
                "几个服务同在一个进程时，写明服务：MINSHENG_<服务>__<节>__<项>"
            } else {
                "写作 MINSHENG_<服务>__<节>__<项>；服务单独运行时可写 MINSHENG__<节>__<项>"
            };
            let message = format!("没有哪个服务读环境变量{name}。");
            bad(SETTINGS, "VARIABLE_UNREAD", message, &meant(nearest, otherwise))
        }
        SettingsError::Syntax { place, source } => {
            let finding = bad(SETTINGS, "FILE_SYNTAX", format!("文件{place}不是正确的TOML。"), "按原因中的行号改正");
            finding.fact("error", "原因", source.to_string().trim_end())
        }
        SettingsError::Unknown { key, place, nearest } => {
            let advice = meant(nearest, "用 minsheng config show 查看全部设置项");
            bad(SETTINGS, "SETTING_UNKNOWN", format!("没有设置项{key}。"), &advice).fact("place", "来自", source(place))
        }
        SettingsError::Kind { key, place, expected: wanted } => {
            let message = format!("设置项{key}须为{}。", expected(*wanted));
            bad(SETTINGS, "SETTING_KIND", message, "按要求改正").fact("place", "来自", source(place))
        }
        SettingsError::Shape(source) => {
            let finding = bad(SETTINGS, "SETTING_KIND", "有设置项的值不能用。", "按原因中的设置项改正");
            finding.fact("error", "原因", source.to_string())
        }
    }
}

fn expected(expected: Expected) -> &'static str {
    match expected {
        Expected::Number => "0或正整数",
        Expected::Bool => "true或false",
        Expected::Text => "文本",
        Expected::List => "文本的列表",
        Expected::Section => "一节，下有若干项",
    }
}

/// A file or folder that cannot be read.
pub(super) fn file(path: &Path, error: &io::Error) -> Finding {
    let path = path.display();
    match error.kind() {
        io::ErrorKind::NotFound => {
            bad(FILES, "FILE_MISSING", format!("没有{path}。"), "核对路径；在容器中核对是否已挂载")
        }
        io::ErrorKind::PermissionDenied => {
            let advice = "让运行服务的用户能读（chown、chmod）";
            bad(FILES, "FILE_FORBIDDEN", format!("不许读{path}。"), advice)
        }
        io::ErrorKind::IsADirectory => bad(FILES, "FILE_UNUSABLE", format!("{path}是目录，不是文件。"), "核对路径"),
        io::ErrorKind::NotADirectory => {
            bad(FILES, "FILE_UNUSABLE", format!("{path}不能作目录：路径中有一段是文件。"), "核对路径")
        }
        _ => bad(FILES, "FILE_UNUSABLE", format!("{path}不能读。"), "按原因排除").fact("error", "原因", system(error)),
    }
}

/// A folder that cannot be written.
pub(super) fn folder(path: &Path, error: &io::Error) -> Finding {
    let message = format!("目录{}不能写。", path.display());
    let advice = "让运行服务的用户能写（chown、chmod）；只读挂载的改为可写";
    bad(FILES, "FOLDER_NOT_WRITABLE", message, advice).fact("error", "原因", system(error))
}

/// A secret that others may read.
pub(super) fn exposed(path: &Path) -> Finding {
    let message = format!("私钥{}人人可读。", path.display());
    bad(FILES, "FILE_EXPOSED", message, "chmod 600 收回他人的权限；可能已泄露的应更换")
}

/// An address that cannot be listened on.
pub(super) fn listen(listen: &str, error: &io::Error) -> Finding {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            let advice = "看是不是服务已在运行，或另一个程序占用（ss -ltnp）；否则换一个端口";
            bad(PORTS, "PORT_TAKEN", format!("{listen}已被占用。"), advice)
        }
        io::ErrorKind::PermissionDenied => {
            let advice = "1024以下的端口要有特权：换一个端口，或由前面的设备转发";
            bad(PORTS, "PORT_FORBIDDEN", format!("不许监听{listen}。"), advice)
        }
        io::ErrorKind::AddrNotAvailable => {
            let advice = "改为本机的地址，或0.0.0.0（全部地址）";
            bad(PORTS, "ADDRESS_NOT_HERE", format!("本机没有地址{listen}。"), advice)
        }
        _ => bad(PORTS, "ADDRESS_INVALID", format!("“{listen}”不能监听。"), "写作 地址:端口，如 0.0.0.0:50050").fact(
            "error",
            "原因",
            system(error),
        ),
    }
}

/// A database that cannot be used.
pub(super) fn database(error: &OpenError) -> Finding {
    match error {
        OpenError::Url => {
            let advice = "写作 sqlite://路径 或 postgres://用户:口令@主机/数据库";
            bad(DATABASES, "DATABASE_ADDRESS", "database.url不是数据库地址。", advice)
        }
        OpenError::Newer => {
            let message = "数据库由更新的版本写过，本版本不认识其中的升级。";
            let advice = "启动那个版本；要退回本版本的，恢复升级前的备份";
            Finding::bad(Kind::State, DATABASES, "DATABASE_NEWER", message, advice)
        }
        OpenError::Waited { seconds, source } => {
            let message = format!("等了{seconds}秒（database.wait_seconds），数据库没有应答。");
            let advice = "查看数据库是否在运行、地址和端口、网络；启动慢的加大database.wait_seconds";
            Finding::bad(Kind::Unavailable, DATABASES, "DATABASE_UNREACHABLE", message, advice).fact(
                "error",
                "原因",
                driver(source),
            )
        }
        OpenError::Driver(source) => {
            let advice = "核对database.url中的地址、用户、口令和数据库名，查看数据库是否在运行";
            Finding::bad(Kind::Unavailable, DATABASES, "DATABASE_UNUSABLE", "数据库打不开。", advice).fact(
                "error",
                "原因",
                driver(source),
            )
        }
    }
}

/// What a driver reports, as far as it can be told in words of ours.
fn driver(error: &DbErr) -> String {
    let (DbErr::Conn(RuntimeErr::SqlxError(inner))
    | DbErr::Exec(RuntimeErr::SqlxError(inner))
    | DbErr::Query(RuntimeErr::SqlxError(inner))) = error
    else {
        return format!("驱动报告：{error}");
    };
    match &**inner {
        sqlx::Error::Io(error) => system(error),
        sqlx::Error::PoolTimedOut => "在时限内没有应答".to_owned(),
        sqlx::Error::Database(error) => match error.code().as_deref() {
            Some("28P01" | "28000") => "用户或口令不对".to_owned(),
            Some("3D000") => "没有这个数据库".to_owned(),
            Some("42501") => "用户没有所需的权限".to_owned(),
            Some("53300") => "数据库的连接数已满".to_owned(),
            Some("57P03") => "数据库正在启动或停止".to_owned(),
            _ => format!("数据库报告：{}", error.message()),
        },
        other => format!("驱动报告：{other}"),
    }
}

/// What the system reports.
fn system(error: &io::Error) -> String {
    let known = match error.kind() {
        io::ErrorKind::ConnectionRefused => "拒绝连接",
        io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted => "连接被切断",
        io::ErrorKind::TimedOut => "没有应答",
        io::ErrorKind::HostUnreachable | io::ErrorKind::NetworkUnreachable => "没有路由",
        io::ErrorKind::NotFound => "没有这个文件或主机",
        io::ErrorKind::PermissionDenied => "没有权限",
        io::ErrorKind::ReadOnlyFilesystem => "文件系统只读",
        io::ErrorKind::StorageFull => "磁盘已满",
        io::ErrorKind::IsADirectory => "是目录",
        io::ErrorKind::NotADirectory => "路径中有一段是文件",
        _ => return format!("系统报告：{error}"),
    };
    known.to_owned()
}

/// What the process logs and sends cannot be set so.
pub(crate) fn telemetry(error: &TelemetryError) -> Finding {
    match error {
        TelemetryError::Filter(why) => {
            let finding = bad(TELEMETRY, "LOG_FILTER", "日志级别log写得不对。", "写作 info 或 info,minsheng_kit=debug");
            finding.fact("error", "原因", why)
        }
        TelemetryError::Format(format) => {
            bad(TELEMETRY, "LOG_FORMAT", format!("日志格式format没有“{format}”。"), "写作 text 或 json")
        }
        TelemetryError::Endpoint(address) => {
            let message = format!("otlp.endpoint“{address}”不是采集器的地址。");
            bad(TELEMETRY, "OTLP_ADDRESS", message, "写作 http://主机:4317 或 https://主机:4317")
        }
        TelemetryError::Authority(error) => tls(error),
        TelemetryError::Exporter(why) => {
            let message = "不能向采集器发送。";
            bad(TELEMETRY, "OTLP_UNUSABLE", message, "核对telemetry.toml的[otlp]").fact("error", "原因", why)
        }
    }
}

fn tls(error: &TlsError) -> Finding {
    match error {
        TlsError::File { path, message } => {
            let sentence = format!("证书或私钥{}不能用。", path.display());
            bad(CERTIFICATES, "CERTIFICATE_UNUSABLE", sentence, "应为PEM格式，并能由运行服务的用户读")
                .fact("error", "原因", message)
        }
        TlsError::Half(section) => {
            let message = format!("[{section}]只给了证书和私钥中的一个。");
            bad(CERTIFICATES, "CERTIFICATE_HALF", message, "certificate_file和key_file都给，或都不给")
        }
        TlsError::Use(why) => bad(CERTIFICATES, "CERTIFICATE_UNUSABLE", "证书和私钥不能用。", "核对私钥是否属于该证书")
            .fact("error", "原因", why),
        TlsError::Write(error) => key(error),
    }
}

fn key(error: &KeyError) -> Finding {
    match error {
        KeyError::Io { path, source } => file(path, source),
        KeyError::Format(path) => {
            let message = format!("{}不是PKCS#8 PEM格式的Ed25519密钥。", path.display());
            bad(FILES, "KEY_FORMAT", message, "从备份恢复；用 minsheng keys 生成的才能用")
        }
        KeyError::Exposed(path) => exposed(path),
    }
}

/// Why a service does not start.
pub(crate) fn start(error: &StartError) -> Finding {
    match error {
        StartError::Of { service, source } => start(source).fact("service", "服务", *service),
        StartError::Open(error) => database(error),
        StartError::Storage(refusal) => {
            let advice = "查看磁盘是否已满、数据库用户是否有写权、是否另有进程占用";
            Finding::bad(Kind::Unavailable, DATABASES, "DATABASE_NOT_WRITABLE", "数据库不能写。", advice).fact(
                "error",
                "原因",
                refusal.to_string(),
            )
        }
        StartError::Key(error) => key(error),
        StartError::LedgerKey { service, source } => {
            let message = format!("{service}的存证账密钥不能用。");
            bad(FILES, "KEY_FORMAT", message, "从备份恢复密钥目录").fact("error", "原因", source.to_string())
        }
        StartError::Settings(error) => settings(error),
        StartError::Policy(error) => {
            let finding = bad(START, "POLICIES_INVALID", "程序自带的权限规则无效。", "换用完好的程序");
            finding.fact("error", "原因", error.to_string())
        }
        StartError::PeerAddress { service, url } => {
            let message = format!("peers.{service}.url“{url}”不是地址。");
            bad(SETTINGS, "PEER_ADDRESS", message, "写作 http://127.0.0.1:50051")
        }
        StartError::NoPeer(peer) => {
            let message = format!("缺少peers.{peer}：要跟随或调用它。");
            bad(SETTINGS, "PEER_MISSING", message, "在设置中写上peers节")
        }
        StartError::Bind(BindError::Listen { listen: address, source }) => listen(address, source),
        StartError::Bind(BindError::Tls(error)) => tls(error),
        StartError::Bind(BindError::Origin(origin)) => {
            let message = format!("door.origins中的“{origin}”不是网页来源。");
            bad(SETTINGS, "SETTING_VALUE", message, "写作 https://figures.example.gov.cn")
        }
        StartError::Bind(BindError::Reflection(error)) => {
            let finding = bad(START, "PROGRAM_DAMAGED", "程序自带的接口描述无效。", "换用完好的程序");
            finding.fact("error", "原因", error.to_string())
        }
        StartError::Folder { key, path, source } => folder(path, source).fact("key", "设置项", *key),
        StartError::Value { key, zh, .. } => bad(SETTINGS, "SETTING_VALUE", format!("设置项{key}{zh}。"), "按要求改正"),
        StartError::Other(why) => {
            bad(START, "START_FAILED", "启动没有完成。", "按原因排除；不明时查看日志").fact("error", "原因", why)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_start_that_fails_names_the_service_and_says_what_to_do_in_chinese() {
        let taken = io::Error::from(io::ErrorKind::AddrInUse);
        let error = BindError::Listen { listen: "0.0.0.0:50050".into(), source: taken };
        let text = start(&StartError::from(error).of("gateway")).text();
        assert!(
            text.contains("0.0.0.0:50050已被占用") && text.contains("服务：gateway") && text.contains("怎么办"),
            "{text}"
        );
        assert!(!text.contains("cannot") && !text.contains("Address already"), "{text}");
        let newer = start(&StartError::from(OpenError::Newer).of("ranking"));
        assert_eq!((newer.code, newer.kind()), ("DATABASE_NEWER", Some(Kind::State)));
        let waited = OpenError::Waited { seconds: 60, source: sea_orm::DbErr::Custom("refused".into()) };
        assert!(start(&StartError::from(waited)).text().contains("等了60秒"));
    }
}

//! `doctor`: what is wrong between this tier and its neighbours, each in one sentence with what to do. What the gateway
//! knows is asked of it; the way to the parent is dialled from here. No figure, no code and no token goes to the parent.

mod bundle;
mod certificate;
mod dial;
mod look;
mod trust;
mod uplink;

use std::time::Duration;

use clap::Args;

use crate::failure::{Kind, Outcome};
use crate::finding::{Finding, OWN, show, verdict};
use crate::output::Output;
use crate::session::{Options, Session};

/// Longest that one step may take, however long a call may.
const STEP: Duration = Duration::from_secs(10);

/// 检查本级服务和上下级之间的连接、证书、账头、积压，每个问题一句话并说明怎么办
///
/// 安全管理员看得到上下级的连接、证书和账头，实事办看得到待报上级的数据：两种账号各运行一次。
/// 全部正常时退出码为0；有故障时取最重的一处：8为证书或账头与所知的不符，4为登录失效或被上级撤销，6为证书期限、时钟，7为连不上。
///
/// 示例：minsheng doctor
///
/// 示例：minsheng doctor --url https://mz.yiyang.example:50050 --fingerprint 指纹
#[derive(Args, Debug)]
pub(crate) struct Doctor {
    /// 只检查到这个网关地址的连接（不需要登录，也不需要已接入）
    #[arg(long)]
    url: Option<String>,
    /// 上级告知的指纹：核对对方出示的证书
    #[arg(long, value_name = "SHA256")]
    fingerprint: Option<String>,
}

impl Doctor {
    pub(crate) async fn run(self, options: Options) -> Outcome {
        let output = Output::new(options.output);
        let patience = STEP.min(Duration::from_secs(options.deadline));
        let told = self.fingerprint.as_deref();
        let findings = match &self.url {
            Some(url) => vec![dial::dial(url, told, patience).await],
            None => examine(options, told, patience).await?,
        };
        show(output, &findings)?;
        verdict(&findings)
    }
}

async fn examine(options: Options, told: Option<&str>, patience: Duration) -> Outcome<Vec<Finding>> {
    let session = match Session::open(options).await {
        Ok(session) => session,
        Err(failure) if failure.kind == Kind::Unavailable => {
            let message = format!("{}。", failure.message);
            let advice = "在网关的机器上查看 minsheng serve 是否在运行；核对登录文件中的地址和证书";
            return Ok(vec![Finding::bad(Kind::Unavailable, OWN, "GATEWAY_UNREACHABLE", message, advice)]);
        }
        Err(failure) => return Err(failure),
    };
    let mut findings = match trust::services(&session).await {
        Ok(findings) => findings,
        Err(fault) => return Ok(vec![fault]),
    };
    findings.extend(trust::neighbours(&session, told, patience).await);
    findings.extend(uplink::examine(&session).await);
    Ok(findings)
}

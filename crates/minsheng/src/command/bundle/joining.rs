//! Joining by files: `parent request`, `tier enrol`, `parent accept`.

use std::path::Path;

use minsheng_proto::tier::v1::{AcceptEnrolmentRequest, EnrolByFileRequest, RequestEnrolmentRequest};

use super::MODE;
use crate::command::login::first_line;
use crate::failure::{Failure, Outcome};
use crate::file;
use crate::session::Session;
use crate::words;

fn with_file(status: tonic::Status, path: &Path) -> Failure {
    Failure::from(status).fault("文件", path.display().to_string())
}

/// The lower tier's request.
pub(crate) async fn request(session: &Session, code: String, out: &Path) -> Outcome {
    let code = if code == "-" { first_line(&file::text("-".as_ref())?) } else { code };
    let request = RequestEnrolmentRequest { code };
    let answer = session.gateway.bundle_enrolments().request_enrolment(request).await?.into_inner();
    file::write(out, &answer.file, MODE)?;
    session.receipts([&answer.receipt])?;
    let text = format!(
        "登记申请已写到{}（其中没有登记码和私钥）。请带到上级，由其安全管理员运行：\n  minsheng tier enrol {} --out 答复文件\n",
        out.display(),
        name(out)
    );
    session.output.text(&text)
}

/// The parent's answer.
pub(crate) async fn enrol(session: &Session, path: &Path, out: &Path) -> Outcome {
    let request = EnrolByFileRequest { file: file::bytes(path)? };
    let answer = session.gateway.bundle_enrolments().enrol_by_file(request).await;
    let answer = answer.map_err(|status| with_file(status, path))?.into_inner();
    file::write(out, &answer.file, MODE)?;
    session.receipts([&answer.receipt])?;
    let text = format!(
        "已登记下级{}，证书有效至{}。答复已写到{}，请带回下级，由其安全管理员运行：\n  minsheng parent accept {}\n",
        answer.division,
        words::time(answer.expire_time.as_ref()),
        out.display(),
        name(out)
    );
    session.output.text(&text)
}

/// The lower tier has its certificate.
pub(crate) async fn accept(session: &Session, path: &Path) -> Outcome {
    let request = AcceptEnrolmentRequest { file: file::bytes(path)? };
    let answer = session.gateway.bundle_enrolments().accept_enrolment(request).await;
    let answer = answer.map_err(|status| with_file(status, path))?.into_inner();
    session.receipts([&answer.receipt])?;
    let text = format!(
        "已接入上级{}，本级证书有效至{}。没有线路时用 minsheng bundle export、import 往来。\n",
        answer.parent_division,
        words::time(answer.expire_time.as_ref())
    );
    session.output.text(&text)
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

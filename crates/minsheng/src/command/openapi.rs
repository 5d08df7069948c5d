//! `openapi`: what the gateway answers in JSON, as an OpenAPI document for other people's tools.

use clap::Args;

use crate::failure::Outcome;
use crate::output::Output;

/// 输出网关JSON接口的OpenAPI 3.1文件，由接口定义生成
///
/// 示例：minsheng openapi > openapi.json
#[derive(Args, Debug)]
pub(crate) struct OpenApi;

impl OpenApi {
    pub(crate) fn run(self, output: Output) -> Outcome {
        output.value(&minsheng_gateway::openapi())
    }
}

//! ExperienceService: a unit's article of the month.

use minsheng_kit::error::Refusal;
use minsheng_kit::identity::{self, Caller};
use minsheng_kit::page::{self, Page};
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::writer::Call;
use minsheng_proto::reporting::v1::experience_service_server::ExperienceService;
use minsheng_proto::reporting::v1::{
    Article, FileArticleRequest, FileArticleResponse, ListArticlesRequest, ListArticlesResponse,
};
use prost::Message;
use tonic::{Request, Response, Status};

use super::{Parts, month_of};
use crate::command::FileArticle;
use crate::programme::internal;
use crate::store;

impl Parts {
    async fn articles(&self, caller: &Caller, request: &ListArticlesRequest) -> Result<ListArticlesResponse, Refusal> {
        self.service.policies.check(caller, Action::ReadArticles, &Resource::new("articles"))?;
        let (_, period) = month_of(&request.programme, &request.period)?;
        let query = ["ListArticles", &request.programme, &request.period];
        let page = Page::parse(page::LIST, &query, request.page_size, &request.page_token)?;
        let connection = self.service.database.reader();
        let mut rows = store::article_page(&request.programme, period, &page, connection).await?;
        let next_page_token = page.cut(&mut rows, |row| row.unit.clone());
        let read = |row: &crate::entity::article::Model| Article::decode(row.document.as_slice());
        let articles = rows.iter().map(read).collect::<Result<_, _>>().map_err(|_| internal("an article"))?;
        Ok(ListArticlesResponse { articles, next_page_token })
    }
}

#[tonic::async_trait]
impl ExperienceService for Parts {
    async fn file_article(
        &self,
        request: Request<FileArticleRequest>,
    ) -> Result<Response<FileArticleResponse>, Status> {
        let caller = identity::caller(&request)?;
        let request = request.into_inner();
        let unit = caller.unit.clone();
        let call = Call::new(caller, "ExperienceService/FileArticle", &request.request_id, &request)?;
        let outcome = self.service.writer.run(FileArticle::new(request, &unit, self.rules.clone())?, call).await?;
        let receipt = outcome.receipt();
        Ok(Response::new(FileArticleResponse { receipt, ..outcome.answer }))
    }

    async fn list_articles(
        &self,
        request: Request<ListArticlesRequest>,
    ) -> Result<Response<ListArticlesResponse>, Status> {
        let caller = identity::caller(&request)?;
        Ok(Response::new(self.articles(&caller, request.get_ref()).await?))
    }
}

//! Accounts, for the security administrator.

use std::sync::Arc;

use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::identity::{Caller, caller};
use minsheng_kit::page::{LIST, Page};
use minsheng_kit::policy::{Action, Resource};
use minsheng_kit::service::Service;
use minsheng_kit::writer::Call;
use minsheng_proto::identity::v1::account_service_server::AccountService;
use minsheng_proto::identity::v1::{
    CreateAccountRequest, CreateAccountResponse, GetAccountRequest, GetAccountResponse, ListAccountsRequest,
    ListAccountsResponse, UpdateAccountRequest, UpdateAccountResponse,
};
use tonic::{Request, Response, Status};

use crate::command::{CreateAccount, UpdateAccount};
use crate::form;
use crate::password::{Hasher, Lane, check_strength};
use crate::sessions::Sessions;
use crate::store;

const CREATE: &str = "AccountService/CreateAccount";
const UPDATE: &str = "AccountService/UpdateAccount";

/// Serves accounts.
#[derive(Clone, Debug)]
pub(crate) struct Accounts {
    pub(crate) service: Service,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) hasher: Hasher,
}

#[tonic::async_trait]
impl AccountService for Accounts {
    async fn create_account(
        &self,
        request: Request<CreateAccountRequest>,
    ) -> Result<Response<CreateAccountResponse>, Status> {
        let caller = caller(&request)?;
        let mut request = request.into_inner();
        let account = request.account.as_ref().ok_or_else(|| Refusal::required("account"))?;
        // Whoever may not do it does not cost a hash; the command decides again.
        self.may(&caller, Action::CreateAccount, &account.person)?;
        let (id, content) = form::read_new(account)?;
        check_strength("password", &request.password, &id)?;
        request.password = self.hash(&caller, &id, CREATE, &request.request_id, request.password.clone()).await?;
        let call = Call::new(caller, CREATE, &request.request_id, &request)?;
        let by = call.caller.account.clone();
        let command = CreateAccount { id, content, password_hash: request.password, by };
        let outcome = self.service.writer.run(command, call).await?;
        let receipt = outcome.receipt();
        Ok(Response::new(CreateAccountResponse { receipt, ..outcome.answer }))
    }

    async fn update_account(
        &self,
        request: Request<UpdateAccountRequest>,
    ) -> Result<Response<UpdateAccountResponse>, Status> {
        let caller = caller(&request)?;
        let mut request = request.into_inner();
        let account = request.account.clone().ok_or_else(|| Refusal::required("account"))?;
        self.may(&caller, Action::UpdateAccount, "")?;
        let id = form::id_of_name("account.name", &account.name)?;
        form::output_only(&account)?;
        let mask = request.update_mask.as_ref().map_or(&[][..], |mask| &mask.paths);
        let set = |path: &str| mask.iter().any(|asked| asked == path);
        if let Some((index, path)) = mask.iter().enumerate().find(|(_, path)| !CHANGEABLE.contains(&path.as_str())) {
            return Err(Refusal::invalid(
                format!("update_mask.paths[{index}]"),
                format!("只能更改{}，不能更改“{path}”", CHANGEABLE.join("、")),
                format!("must be one of {}", CHANGEABLE.join(", ")),
            )
            .into());
        }
        if mask.is_empty() && request.new_password.is_empty() {
            return Err(Refusal::required("update_mask").into());
        }
        if account.etag.is_empty() {
            return Err(Refusal::required("account.etag").into());
        }
        let mut command = UpdateAccount {
            etag: account.etag.clone(),
            display_name: set("display_name").then(|| form::read_display_name(&account.display_name)).transpose()?,
            unit: set("unit").then(|| form::read_unit(&account.unit)).transpose()?,
            roles: set("roles").then(|| form::read_roles(&account.roles)).transpose()?,
            disabled: set("disabled").then_some(account.disabled),
            password_hash: None,
            by: caller.account.clone(),
            id,
        };
        if !request.new_password.is_empty() {
            check_strength("new_password", &request.new_password, &command.id)?;
            let password = request.new_password.clone();
            request.new_password = self.hash(&caller, &command.id, UPDATE, &request.request_id, password).await?;
            command.password_hash = Some(request.new_password.clone());
        }
        let call = Call::new(caller, UPDATE, &request.request_id, &request)?;
        let changed = command.id.clone();
        let outcome = self.service.writer.run(command, call).await?;
        self.sessions.forget_account(&changed);
        let receipt = outcome.receipt();
        Ok(Response::new(UpdateAccountResponse { receipt, ..outcome.answer }))
    }

    async fn get_account(&self, request: Request<GetAccountRequest>) -> Result<Response<GetAccountResponse>, Status> {
        self.may(&caller(&request)?, Action::ReadAccounts, "")?;
        let id = form::id_of_name("name", &request.get_ref().name)?;
        let found = store::account(&id, self.service.database.reader()).await?;
        let account = found.ok_or_else(|| Refusal::new(Reason::AccountUnknown).with("account", &id))?;
        Ok(Response::new(GetAccountResponse { account: Some(account.to_proto()) }))
    }

    async fn list_accounts(
        &self,
        request: Request<ListAccountsRequest>,
    ) -> Result<Response<ListAccountsResponse>, Status> {
        self.may(&caller(&request)?, Action::ReadAccounts, "")?;
        let ListAccountsRequest { page_size, page_token } = request.into_inner();
        let page = Page::parse(LIST, &["AccountService/ListAccounts"], page_size, &page_token)?;
        let mut rows = store::accounts(&page, self.service.database.reader()).await?;
        let next_page_token = page.cut(&mut rows, |row| row.id.clone());
        let accounts = rows.iter().map(|row| row.to_proto()).collect();
        Ok(Response::new(ListAccountsResponse { accounts, next_page_token }))
    }
}

/// Fields that an update may change.
const CHANGEABLE: [&str; 4] = ["display_name", "unit", "roles", "disabled"];

impl Accounts {
    fn may(&self, caller: &Caller, action: Action, person: &str) -> Result<(), Refusal> {
        let persons = Some(person.to_owned()).filter(|person| !person.is_empty());
        self.service.policies.check(caller, action, &Resource::new("account").with_persons(persons))
    }

    /// The hash that stands for the password from here on, also in what recognises a repeated request.
    async fn hash(
        &self,
        caller: &Caller,
        account: &str,
        method: &str,
        request_id: &str,
        password: String,
    ) -> Result<String, Refusal> {
        let change = [&self.service.division, account, &caller.person, method, request_id];
        self.hasher.turn(Lane::Known).await?.hash(password, &change).await
    }
}

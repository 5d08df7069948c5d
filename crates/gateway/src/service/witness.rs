//! The parent's side of an exchange of heads.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use minsheng_kit::error::{Reason, Refusal};
use minsheng_kit::identity::{Role, caller};
use minsheng_kit::service::Service;
use minsheng_kit::witness::WitnessSigner;
use minsheng_kit::writer::Call;
use minsheng_proto::tier::v1::witness_service_server::WitnessService;
use minsheng_proto::tier::v1::{ExchangeHeadsRequest, ExchangeHeadsResponse};
use tonic::{Request, Response, Status};

use crate::command::{KeepHeads, Side, origin_of};
use crate::ledgers::{Ledgers, first_sight};
use crate::store;
use crate::tiers::Tiers;

const MOST_HEADS: usize = 64;

/// Serves exchanges.
#[derive(Debug)]
pub(crate) struct Witness {
    pub(crate) service: Service,
    pub(crate) ledgers: Ledgers,
    pub(crate) signer: WitnessSigner,
    pub(crate) tiers: Arc<Tiers>,
}

#[tonic::async_trait]
impl WitnessService for Witness {
    async fn exchange_heads(
        &self,
        request: Request<ExchangeHeadsRequest>,
    ) -> Result<Response<ExchangeHeadsResponse>, Status> {
        let caller = caller(&request)?;
        if !caller.has(Role::Tier) {
            return Err(Refusal::new(Reason::NotAllowed).into());
        }
        let ExchangeHeadsRequest { heads, kept, cosigned, witness_key } = request.into_inner();
        for (field, count) in [("heads", heads.len()), ("kept", kept.len()), ("cosigned", cosigned.len())] {
            if count > MOST_HEADS {
                let most = format!("最多{MOST_HEADS}个");
                return Err(Refusal::invalid(field, most, format!("must be at most {MOST_HEADS}")).into());
            }
        }
        let own = format!("minsheng/{}/", caller.division);
        let mut seen = BTreeSet::new();
        for (index, head) in heads.iter().enumerate() {
            let origin = origin_of(&head.checkpoint);
            let field = format!("heads[{index}].checkpoint");
            if !origin.starts_with(&own) {
                // Said of another tier: nothing of the call is taken, and it is audited.
                let refusal = Refusal::new(Reason::NotAllowed).with("origin", origin);
                return Err(refusal.field(field, "不是本级的存证账", "is no ledger of the calling tier").into());
            }
            if !seen.insert(origin) {
                return Err(Refusal::invalid(field, "存证账重复", "is a ledger given twice").into());
            }
        }
        let division = caller.division.clone();
        let known = store::tier(&division, self.service.database.reader()).await?;
        let known = known.map(|tier| tier.witness_key).unwrap_or_default();
        let cosigned = cosigned.into_iter().map(|cosigned| cosigned.checkpoint);
        let command = KeepHeads {
            cosigned: self.ledgers.checked(&division, first_sight(&known, &witness_key), cosigned).await,
            division,
            side: Side::Below,
            offered: heads,
            witness: self.signer.clone(),
            witness_key,
        };
        let call = Call::internal(caller, "WitnessService/ExchangeHeads");
        let outcome = self.service.writer.run(command, call).await?;
        // An alarm counts from now on.
        self.tiers.changed();
        let kept: BTreeMap<String, u64> = kept.into_iter().map(|kept| (kept.origin, kept.size)).collect();
        Ok(Response::new(ExchangeHeadsResponse {
            heads: self.ledgers.offers(&kept, &BTreeSet::new()).await,
            witness_key: self.signer.verifier_key().to_owned(),
            ..outcome.answer
        }))
    }
}

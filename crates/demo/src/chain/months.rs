//! The four months at all tiers: reported, certified and ranked in the county, filed upwards, added up and ranked above; a
//! month in which the line is cut; and in the end the same figures at all three, proven.

use std::time::Instant;

use minsheng_domain::period::beijing_instant;
use minsheng_proto::catalogue::v1::Programme;
use minsheng_proto::tier::v1::OutgoingSetState;

use super::{Chain, Reports};
use crate::data::{Documents, MARK};
use crate::error::DemoError;
use crate::generate::{COUNTY, MUNICIPALITY, MonthPlan, PROVINCE, months};
use crate::steps::{
    Published, all_filed, close_month, compose_month, decide_month, exchange_heads, file_month, invented_month,
    issue_bulletin, outgoing, publish_month, rank_tiers, same_figures, settle_tiers, told, trace_figure,
};

/// Month in which the line to the county is cut, from 0.
const CUT: usize = 2;
/// Figure that is traced after each month: adjusted in the first.
const TRACED: &str = "4.2-1";

/// What came out.
#[derive(Clone, Debug, Default)]
pub struct Played {
    /// The county's months.
    pub months: Vec<Published>,
    /// The municipality's last month.
    pub municipality: Option<Published>,
    /// The province's.
    pub province: Option<Published>,
}

impl Chain {
    /// The four months at all tiers.
    ///
    /// # Errors
    /// When a step is refused.
    pub async fn play(
        &self,
        documents: &Documents,
        programme: &Programme,
        reports: &Reports,
        seed: u64,
    ) -> Result<Played, DemoError> {
        let mut played = Played::default();
        let plans = months(programme, &documents.lead_units(), seed);
        for (month, plan) in plans.iter().enumerate() {
            if month == CUT {
                self.line.cut();
                self.voice.say(format!("  县到市的线路断了（{MARK}）：县里照常报送、核实、认定。"));
            }
            let own = COUNTY.programme();
            file_month(&self.county, &own, plan).await?;
            decide_month(&self.county, &own, plan).await?;
            self.county.at(beijing_instant(plan.days.again, 12));
            for (beside, reports) in self.beside.iter().zip(&reports.0) {
                let name = beside.place.programme();
                invented_month(&beside.world, &name, &plan.period, month, reports).await?;
            }
            if month == CUT {
                self.reconnect(&plan.period).await?;
            }
            self.go_up(plan).await?;
            close_month(&self.county, &own, plan).await?;
            let published = publish_month(&self.county, &own, plan).await?;
            let published = issue_bulletin(&self.county, plan, published).await?;
            trace_figure(&self.county, &published, TRACED).await?;
            played.months.push(published);
            self.county.at(beijing_instant(plan.days.issue, 14));
            self.voice.say(format!("【{}】市、省封期并对下级排名：", plan.period));
            for (world, place, last) in [
                (&self.municipality, &MUNICIPALITY, &mut played.municipality),
                (&self.province, &PROVINCE, &mut played.province),
            ] {
                let mut published = rank_tiers(world, &place.programme(), &plan.period).await?;
                if month + 1 == plans.len() {
                    published = issue_bulletin(world, plan, published).await?;
                }
                *last = Some(published);
            }
        }
        Ok(played)
    }

    /// Shows what waits while the line is cut, joins it, and waits until all is above.
    async fn reconnect(&self, period: &str) -> Result<(), DemoError> {
        for beside in &self.beside {
            all_filed(&beside.world).await?;
        }
        let waiting = outgoing(&self.county, OutgoingSetState::Pending).await?;
        let here = settle_tiers(&self.municipality, &MUNICIPALITY.programme(), period).await?;
        let others: Vec<String> = here.values().map(ToString::to_string).collect();
        self.voice.say(format!(
            "  断线期间：县里{}组数据等着报市，市里安化县{}份，其余下级{}份照常。",
            waiting.len(),
            here.get(COUNTY.division).copied().unwrap_or_default(),
            others.join("、"),
        ));
        let began = Instant::now();
        self.line.join();
        all_filed(&self.county).await?;
        let filed = outgoing(&self.county, OutgoingSetState::Filed).await?;
        let keys: Vec<u64> =
            filed.iter().filter_map(|set| set.receipt.as_ref()).map(|receipt| receipt.sequence).collect();
        let mut once = keys.clone();
        once.sort_unstable();
        once.dedup();
        if once.len() != filed.len() {
            return Err(DemoError::Unexpected("同一回执对应两组数据".to_owned()));
        }
        self.voice.say(format!(
            "  线路接通，{}.{}秒内积压{}组全部送达；县里共报市{}组，市里回执{}个，不缺不重。",
            began.elapsed().as_secs(),
            began.elapsed().subsec_millis() / 100,
            waiting.len(),
            filed.len(),
            once.len(),
        ));
        Ok(())
    }

    /// What lower tiers filed is certified at the municipality, added up, and goes on to the province.
    async fn go_up(&self, plan: &MonthPlan) -> Result<(), DemoError> {
        let period = &plan.period;
        all_filed(&self.county).await?;
        for beside in &self.beside {
            all_filed(&beside.world).await?;
        }
        self.county.at(beijing_instant(plan.days.again, 15));
        let (middle, top) = (MUNICIPALITY.programme(), PROVINCE.programme());
        let taken = settle_tiers(&self.municipality, &middle, period).await?;
        let (composed, lacking) = compose_month(&self.municipality, &middle, period).await?;
        all_filed(&self.municipality).await?;
        let above = settle_tiers(&self.province, &top, period).await?;
        let (whole, _) = compose_month(&self.province, &top, period).await?;
        let lacking = if lacking.is_empty() {
            String::new()
        } else {
            format!("（{}因下级缺数未汇总）", lacking.join("、"))
        };
        self.voice.say(format!(
            "  逐级上报：市里认定安化县{}份，汇总{composed}个指标{lacking}后报省；省里认定益阳市{}份，汇总{whole}个指标。",
            taken.get(COUNTY.division).copied().unwrap_or_default(),
            above.get(MUNICIPALITY.division).copied().unwrap_or_default(),
        ));
        Ok(())
    }

    /// Says and proves the last month's figures at all three tiers.
    ///
    /// # Errors
    /// When figures differ or a proof does not hold.
    pub async fn prove(&self, period: &str) -> Result<(), DemoError> {
        let (same, proofs) = same_figures(&self.province, &self.municipality, &self.county, period).await?;
        self.voice.say(told(&same).trim_end());
        let heads = exchange_heads(&self.county).await? + exchange_heads(&self.municipality).await?;
        self.voice.say(format!(
            "  {}个计量项三级一致；{proofs}条存证的包含证明、签名和回执都在本机用各级公钥验证通过；\
             上下级互为见证，{heads}个账头已核对一致性并联署。",
            same.len(),
        ));
        Ok(())
    }
}

//! Before the first month: the county's real programme, the programmes of the others, tiers joining their parents, mandates
//! coming down, the county answering them.

use minsheng_proto::catalogue::v1::Programme;
use minsheng_proto::common::v1::Severity;

use super::Chain;
use crate::data::{Documents, MARK};
use crate::error::DemoError;
use crate::generate::{
    BESIDE_COUNTY, BESIDE_MUNICIPALITY, COUNTY, InventedReport, MUNICIPALITY, PROVINCE, Place, Shares, county_shares,
    invented_reports, invented_shares, invented_source, municipal_source, tier_programme, total,
};
use crate::steps::{amend, answer_mandates, found_tier, join_parent, load, mandates};

/// What each invented tier reports.
#[derive(Clone, Debug)]
pub struct Reports(pub(super) Vec<Vec<InventedReport>>);

impl Chain {
    /// The county's real programme with its findings, and the marked amendment.
    ///
    /// # Errors
    /// When a call is refused.
    pub async fn load_county(&self, documents: &Documents) -> Result<Programme, DemoError> {
        let loaded = load(&self.county, documents).await?;
        amend(&self.county, &loaded, documents).await
    }

    /// Gives each tier its programme, joins each to its parent, lets the mandates come down; the county answers them. Gives
    /// what the invented tiers report.
    ///
    /// # Errors
    /// When a call is refused.
    pub async fn join(&self, documents: &Documents, county: &Programme, seed: u64) -> Result<Reports, DemoError> {
        let given = &documents.programme;
        let mut rows = vec![(COUNTY, county_shares(given))];
        rows.extend(BESIDE_COUNTY.map(|place| (place, invented_shares(&place, given))));
        let whole = total(&rows);
        let mut all = vec![(MUNICIPALITY, whole.clone())];
        all.extend(BESIDE_MUNICIPALITY.map(|place| (place, invented_shares(&place, given))));
        let (top, middle) = (invented_source(&PROVINCE), municipal_source());
        let province = tier_programme(&PROVINCE, given, &total(&all), &all, None, top.clone());
        let municipality = tier_programme(&MUNICIPALITY, given, &whole, &rows, Some((&PROVINCE, &top)), middle.clone());
        for (world, place, programme) in
            [(&self.province, &PROVINCE, &province), (&self.municipality, &MUNICIPALITY, &municipality)]
        {
            let findings = found_tier(world, place, documents, programme).await?;
            let errors = findings.iter().filter(|finding| finding.severity() == Severity::Error).count();
            let table = programme.allocation_table.as_ref();
            let (rows, columns) = table.map_or((0, 0), |table| (table.rows.len(), table.columns.len()));
            self.voice.say(format!(
                "{}下达《{}》：指标{}个、计量项{columns}个，分给{rows}个下级；核对发现{}条（错误{errors}条）。",
                place.name,
                programme.title,
                indicators(programme),
                findings.len(),
            ));
        }
        self.voice.say(format!(
            "  市里只录真实文件（{}）下达给安化县的数，且只录能逐级相加的；其余下级的份额和各项合计均为{MARK}。",
            middle.document_number,
        ));

        join_parent(&self.municipality, MUNICIPALITY.division, &self.province, &self.province.url()).await?;
        let over = format!("https://{}", self.line.address());
        join_parent(&self.county, COUNTY.division, &self.municipality, &over).await?;
        let reports = self.join_beside(documents, &rows, &all, seed).await?;
        let asked = mandates(&self.municipality, &MUNICIPALITY.programme()).await?.len();
        self.voice.say(format!(
            "市、县和{}个虚构下级各以一次性登记码接入上级，私钥各自生成，网关之间以TLS 1.3双向证书通信。",
            self.beside.len(),
        ));
        self.voice.say(format!("市级收到省级任务{asked}项，由本级指标逐项回答。"));
        answer_mandates(&self.county, county, &MUNICIPALITY, &middle).await?;
        Ok(reports)
    }

    /// The invented tiers with their programmes, known to their parents.
    async fn join_beside(
        &self,
        documents: &Documents,
        of_municipality: &[(Place, Shares)],
        of_province: &[(Place, Shares)],
        seed: u64,
    ) -> Result<Reports, DemoError> {
        let mut reports = Vec::new();
        for beside in &self.beside {
            let (above, parent, rows, source) = if beside.of_province {
                (PROVINCE, &self.province, of_province, invented_source(&PROVINCE))
            } else {
                (MUNICIPALITY, &self.municipality, of_municipality, municipal_source())
            };
            let shares = rows.iter().find(|(place, _)| *place == beside.place).map(|(_, shares)| shares);
            let shares = shares.ok_or(DemoError::Answer("shares"))?;
            let own = invented_source(&beside.place);
            let programme =
                tier_programme(&beside.place, &documents.programme, shares, &[], Some((&above, &source)), own);
            found_tier(&beside.world, &beside.place, documents, &programme).await?;
            join_parent(&beside.world, beside.place.division, parent, &parent.url()).await?;
            mandates(&beside.world, &beside.place.programme()).await?;
            reports.push(invented_reports(&programme, seed));
        }
        Ok(Reports(reports))
    }
}

fn indicators(programme: &Programme) -> usize {
    programme.projects.iter().map(|project| project.indicators.len()).sum()
}

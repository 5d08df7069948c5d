//! Why the parent's mandates are not taken; the ledger keeps the earlier alarms.

use minsheng_kit::clock;
use minsheng_kit::store::Record;
use minsheng_proto::catalogue::v1::MandateAlarm;
use sea_orm::entity::prelude::*;

use crate::mandate::pull::Alarm;

/// The one row's key.
pub(crate) const KEY: &str = "alarm";

/// The alarm.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "mandate_alarm")]
pub struct Model {
    /// There is one row.
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    /// Origin of the ledger, as far as it is known.
    pub origin: String,
    /// Name; empty while all is well.
    pub code: String,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    /// Since when, in milliseconds since 1970.
    pub time: i64,
}

/// No relations.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Record for Entity {
    fn key_column() -> Column {
        Column::Key
    }

    fn key(model: &Model) -> &str {
        &model.key
    }
}

impl Model {
    /// The one row.
    pub(crate) fn of(alarm: Alarm, now: jiff::Timestamp) -> Self {
        let Alarm { code, origin, zh, en } = alarm;
        Self { key: KEY.to_owned(), origin, code: code.to_owned(), zh, en, time: now.as_millisecond() }
    }

    /// As it travels; none while all is well.
    pub(crate) fn shown(self) -> Option<MandateAlarm> {
        let Self { origin, code, zh, en, time, .. } = self;
        let since = jiff::Timestamp::from_millisecond(time).ok().map(clock::to_proto);
        (!code.is_empty()).then_some(MandateAlarm { code, message: zh, message_en: en, since, origin })
    }
}

//! The rows that a batch of commands works on: loaded with one SELECT a table, changed in memory by one command after
//! the other, undone for a command that is refused, and written with merged upserts.

use std::any::{Any, TypeId};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use futures_util::future::BoxFuture;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, DatabaseTransaction, DbErr, Iterable, QueryFilter};

use super::Record;
use super::insert::insert;

/// Keys asked for in one SELECT, in powers of two by repeating one: statements are prepared once and used again.
const KEYS_PER_SELECT: usize = 1_024;
/// What a command asks to see before it decides.
#[derive(Default)]
pub struct Wants {
    tables: BTreeMap<TypeId, Box<dyn AnyTable>>,
}

/// The rows of a batch.
#[derive(Default)]
pub struct Rows {
    tables: BTreeMap<TypeId, Box<dyn AnyTable>>,
}

impl std::fmt::Debug for Wants {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wants").field("tables", &self.tables.len()).finish()
    }
}

impl std::fmt::Debug for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rows").field("tables", &self.tables.len()).finish()
    }
}

impl Wants {
    /// Asks for the row with this key; that there is none is known afterwards too.
    pub fn row<E: Record>(&mut self, key: impl Into<String>) {
        self.table::<E>().wanted.insert(key.into());
    }

    /// Asks for all rows of a group.
    pub fn group<E: Record>(&mut self, group: impl Into<String>) {
        self.table::<E>().wanted_groups.insert(group.into());
    }

    fn table<E: Record>(&mut self) -> &mut Table<E> {
        table_of(&mut self.tables)
    }
}

impl Rows {
    /// The row with this key, as the commands before left it. It must have been asked for.
    pub fn get<E: Record>(&self, key: &str) -> Option<&E::Model> {
        let table = self.existing::<E>()?;
        debug_assert!(
            table.rows.contains_key(key) || table.group_loaded_for_any(),
            "a row was read that nobody asked for: {key}"
        );
        table.rows.get(key).and_then(Option::as_ref)
    }

    /// The rows of a group by key. The group must have been asked for.
    pub fn group<E: Record>(&self, group: &str) -> Vec<&E::Model> {
        let Some(table) = self.existing::<E>() else { return Vec::new() };
        debug_assert!(table.groups.contains(group), "a group was read that nobody asked for: {group}");
        let keys = table.members.get(group).into_iter().flatten();
        keys.filter_map(|key| table.rows.get(key).and_then(Option::as_ref)).collect()
    }

    /// Makes or replaces a row.
    pub fn put<E: Record>(&mut self, model: E::Model) {
        table_of::<E>(&mut self.tables).put(model);
    }

    /// The row with this key, where it has been read so far.
    pub fn read<E: Record>(&self, key: &str) -> Option<&E::Model> {
        self.existing::<E>()?.rows.get(key)?.as_ref()
    }

    /// Loads what is asked for and not there yet; says whether there was anything.
    pub(crate) async fn load(&mut self, wants: Wants, transaction: &DatabaseTransaction) -> Result<bool, DbErr> {
        let mut is_new = false;
        for (id, mut asked) in wants.tables {
            match self.tables.get_mut(&id) {
                Some(table) => {
                    table.ask(asked.as_mut());
                    is_new |= table.load(transaction).await?;
                }
                None => {
                    is_new |= asked.load(transaction).await?;
                    self.tables.insert(id, asked);
                }
            }
        }
        Ok(is_new)
    }

    /// From here on changes can be undone.
    pub(crate) fn mark(&mut self) {
        self.tables.values_mut().for_each(|table| table.mark());
    }

    /// Undoes what was changed since the mark.
    pub(crate) fn undo(&mut self) {
        self.tables.values_mut().for_each(|table| table.undo());
    }

    /// Writes all changed rows, merged by table.
    pub(crate) async fn write(&mut self, transaction: &DatabaseTransaction) -> Result<(), DbErr> {
        for table in self.tables.values_mut() {
            table.write(transaction).await?;
        }
        Ok(())
    }

    fn existing<E: Record>(&self) -> Option<&Table<E>> {
        self.tables.get(&TypeId::of::<E>()).and_then(|table| table.as_any().downcast_ref())
    }
}

fn table_of<E: Record>(tables: &mut BTreeMap<TypeId, Box<dyn AnyTable>>) -> &mut Table<E> {
    tables
        .entry(TypeId::of::<E>())
        .or_insert_with(|| Box::new(Table::<E>::default()))
        .as_any_mut()
        .downcast_mut()
        .expect("tables are kept under the type they hold")
}

/// A table whose entity only the command knows.
trait AnyTable: Send + Sync {
    fn as_any(&self) -> &dyn Any;
    fn as_any_mut(&mut self) -> &mut dyn Any;
    fn ask(&mut self, other: &mut dyn AnyTable);
    fn load<'a>(&'a mut self, transaction: &'a DatabaseTransaction) -> BoxFuture<'a, Result<bool, DbErr>>;
    fn mark(&mut self);
    fn undo(&mut self);
    fn write<'a>(&'a mut self, transaction: &'a DatabaseTransaction) -> BoxFuture<'a, Result<(), DbErr>>;
}

struct Table<E: Record> {
    wanted: HashSet<String>,
    wanted_groups: HashSet<String>,
    groups: HashSet<String>,
    rows: HashMap<String, Option<E::Model>>,
    members: HashMap<String, BTreeSet<String>>,
    changed: BTreeSet<String>,
    journal: Vec<Before<E>>,
}

struct Before<E: Record> {
    key: String,
    row: Option<Option<E::Model>>,
    was_changed: bool,
}

impl<E: Record> Default for Table<E> {
    fn default() -> Self {
        Self {
            wanted: HashSet::new(),
            wanted_groups: HashSet::new(),
            groups: HashSet::new(),
            rows: HashMap::new(),
            members: HashMap::new(),
            changed: BTreeSet::new(),
            journal: Vec::new(),
        }
    }
}

impl<E: Record> Table<E> {
    fn group_loaded_for_any(&self) -> bool {
        !self.groups.is_empty()
    }

    /// A row never changes its group.
    fn note_member(&mut self, model: &E::Model) {
        if E::group_column().is_some() {
            self.members.entry(E::group(model).to_owned()).or_default().insert(E::key(model).to_owned());
        }
    }

    /// A row that is put as it was is not written.
    fn put(&mut self, model: E::Model) {
        if self.rows.get(E::key(&model)).and_then(Option::as_ref) == Some(&model) {
            return;
        }
        self.note_member(&model);
        let key = E::key(&model).to_owned();
        let row = self.rows.insert(key.clone(), Some(model));
        let was_changed = !self.changed.insert(key.clone());
        self.journal.push(Before { key, row, was_changed });
    }

    /// Rows that a command of this batch changed are newer than what the database gives.
    fn take_in(&mut self, models: Vec<E::Model>) {
        for model in models {
            let key = E::key(&model).to_owned();
            if !self.changed.contains(&key) {
                self.note_member(&model);
                self.rows.insert(key, Some(model));
            }
        }
    }
}

impl<E: Record> AnyTable for Table<E> {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }

    fn ask(&mut self, other: &mut dyn AnyTable) {
        if let Some(other) = other.as_any_mut().downcast_mut::<Self>() {
            self.wanted.extend(other.wanted.drain());
            self.wanted_groups.extend(other.wanted_groups.drain());
        }
    }

    fn load<'a>(&'a mut self, transaction: &'a DatabaseTransaction) -> BoxFuture<'a, Result<bool, DbErr>> {
        Box::pin(async move {
            let groups: Vec<String> = self.wanted_groups.drain().filter(|group| !self.groups.contains(group)).collect();
            if let Some(column) = E::group_column() {
                for chunk in groups.chunks(KEYS_PER_SELECT) {
                    self.take_in(E::find().filter(column.is_in(filled_up(chunk))).all(transaction).await?);
                }
            }
            let mut is_new = !groups.is_empty();
            self.groups.extend(groups);
            let keys: Vec<String> = self.wanted.drain().filter(|key| !self.rows.contains_key(key)).collect();
            for chunk in keys.chunks(KEYS_PER_SELECT) {
                self.take_in(E::find().filter(E::key_column().is_in(filled_up(chunk))).all(transaction).await?);
            }
            is_new |= !keys.is_empty();
            for key in keys {
                self.rows.entry(key).or_insert(None);
            }
            Ok(is_new)
        })
    }

    fn mark(&mut self) {
        self.journal.clear();
    }

    fn undo(&mut self) {
        while let Some(before) = self.journal.pop() {
            if !before.was_changed {
                self.changed.remove(&before.key);
            }
            match before.row {
                Some(row) => self.rows.insert(before.key, row),
                None => self.rows.remove(&before.key),
            };
        }
    }

    fn write<'a>(&'a mut self, transaction: &'a DatabaseTransaction) -> BoxFuture<'a, Result<(), DbErr>> {
        Box::pin(async move {
            let changed = self.changed.iter().filter_map(|key| self.rows.get(key)?.as_ref());
            let changed: Vec<E::Model> = changed.cloned().collect();
            insert::<E>(changed, Some(&replace_all::<E>()), transaction).await?;
            self.changed.clear();
            Ok(())
        })
    }
}

/// Keys up to the next power of two: the last is repeated.
fn filled_up(keys: &[String]) -> impl Iterator<Item = &str> {
    let last = keys.last().into_iter().cycle();
    keys.iter().chain(last).map(String::as_str).take(keys.len().next_power_of_two())
}

/// A row whose key is there already is replaced whole: it was loaded under the same transaction's lock.
fn replace_all<E: Record>() -> OnConflict {
    use sea_orm::IdenStatic as _;
    let key = E::key_column();
    let others: Vec<E::Column> = E::Column::iter().filter(|column| column.as_str() != key.as_str()).collect();
    let mut conflict = OnConflict::column(key);
    if others.is_empty() {
        conflict.do_nothing();
    } else {
        conflict.update_columns(others);
    }
    conflict
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_asked_for_in_powers_of_two() {
        let keys: Vec<String> = ["a", "b", "c", "d", "e"].map(str::to_owned).to_vec();
        let filled = |count: usize| filled_up(&keys[..count]).collect::<String>();
        assert_eq!([1, 2, 3, 4, 5].map(filled), ["a", "ab", "abcc", "abcd", "abcdeeee"]);
        assert!(filled_up(&[]).next().is_none());
    }
}

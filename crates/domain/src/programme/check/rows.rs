//! Rows of the allocation table against the territory: how many, which are no division, which are missing, named twice, or
//! lie inside another row. A row may be a division of any depth below the programme's own. Divisions are matched by code;
//! where only a name was printed, by a name that is unique among those directly below.

use super::told::{MOST, Told};
use super::{Context, KnownDivision};
use crate::division::DivisionCode;
use crate::finding::Finding;
use crate::programme::{AllocationRow, Programme};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn check(programme: &Programme, context: &Context<'_>) -> Vec<Finding> {
    let rows = &programme.allocation_table.rows;
    let Ok(own) = programme.division.parse::<DivisionCode>() else {
        return Vec::new();
    };
    let territory = Territory::new(own, context);
    if rows.is_empty() {
        return Vec::new();
    }
    let mut told = Told::default();
    let mut placed = BTreeMap::new();
    let mut areas = Vec::new();
    let mut names = BTreeSet::new();
    for (index, row) in rows.iter().enumerate() {
        let field = || format!("allocation_table.rows[{index}]");
        let name = &row.name;
        match territory.place(row) {
            Place::Division(code) => {
                if placed.insert(code, index).is_some() {
                    told.push("duplicate_row", || {
                        let zh = format!("区划{code}在任务分解表中出现两行");
                        let en = "the division has two rows";
                        Finding::error("duplicate_row", field(), zh, en).fact("row", name)
                    });
                } else if let Some(known) = territory.names.get(&code).filter(|known| *known != name) {
                    told.push("division_name_differs", || {
                        let zh = format!("区划{code}印作“{name}”，区划名录中为“{known}”");
                        let en = format!("division {code} is printed as {name:?} and known as {known:?}");
                        let finding = Finding::warning("division_name_differs", field(), zh, en);
                        finding.fact("printed", name).fact("known", known)
                    });
                }
            }
            Place::LocalArea(code) => {
                let twice = code.is_some_and(|code| placed.insert(code, index).is_some());
                let county = code.and_then(DivisionCode::parent).unwrap_or(own);
                if !names.insert((county, name.as_str())) || twice {
                    told.push("duplicate_row", || {
                        let zh = format!("任务分解表中“{name}”出现两行");
                        let en = "the area has two rows";
                        Finding::error("duplicate_row", field(), zh, en).fact("row", name)
                    });
                }
                areas.push(name.as_str());
                told.push("row_is_no_division", || {
                    let zh = format!("“{name}”不是区划（非建制），没有代码，只计入本级合计");
                    let en = format!("{name:?} is no division: it has no code and counts in this division's sums only");
                    Finding::warning("row_is_no_division", field(), zh, en).fact("row", name)
                });
            }
            Place::Unknown => told.push("unknown_division", || {
                let zh = format!("“{name}”（{}）不是本级所辖区划", row.division);
                let en = format!("{name:?} ({}) is no division below this one", row.division);
                let finding = Finding::error("unknown_division", field(), zh, en);
                finding.fact("row", name).fact("division", &row.division)
            }),
            Place::Ambiguous => told.push("division_ambiguous", || {
                let zh = format!("所辖区划中有多个“{name}”，须给出代码");
                let en = "several divisions bear the name: give the code";
                Finding::error("division_ambiguous", field(), zh, en).fact("row", name)
            }),
        }
    }
    inside(rows, &placed, &mut told);
    if territory.is_known() {
        let missing = territory.missing(&placed);
        for code in &missing {
            told.push("division_without_row", || {
                let name = territory.names.get(code).copied().unwrap_or_default();
                let zh = format!("任务分解表中没有“{name}”（{code}）");
                let en = format!("{name} ({code}) has no row");
                let finding = Finding::warning("division_without_row", "allocation_table.rows", zh, en);
                finding.fact("division", code).fact("name", name)
            });
        }
        let divisions = placed.keys().filter(|code| !code.is_local()).count() + missing.len();
        if rows.len() != divisions {
            told.push("row_count_differs", || count(rows.len(), divisions, &areas));
        }
    }
    told.finish()
}

/// A row that lies within another one would be counted twice.
fn inside(rows: &[AllocationRow], placed: &BTreeMap<DivisionCode, usize>, told: &mut Told) {
    let name = |index: usize| rows.get(index).map(|row| row.name.as_str()).unwrap_or_default();
    for (code, index) in placed {
        let Some((above, outer)) = code.ancestors().find_map(|above| Some((above, *placed.get(&above)?))) else {
            continue;
        };
        told.push("row_inside_row", || {
            let (inner, outer) = (name(*index), name(outer));
            let zh = format!("“{inner}”（{code}）在另一行“{outer}”（{above}）之内，会重复计算");
            let en = format!("{code} lies inside {above}, which has a row too: it would be counted twice");
            let finding = Finding::error("row_inside_row", format!("allocation_table.rows[{index}]"), zh, en);
            finding.fact("row", inner).fact("division", code).fact("inside", above)
        });
    }
}

fn count(rows: usize, divisions: usize, areas: &[&str]) -> Finding {
    let zh = match areas.len() {
        0 => format!("任务分解表有{rows}行，所辖区划{divisions}个"),
        1..=MOST => format!("任务分解表有{rows}行，所辖区划{divisions}个，另有非建制：{}", areas.join("、")),
        many => format!("任务分解表有{rows}行，所辖区划{divisions}个，另有非建制{many}个"),
    };
    let en = format!("the table has {rows} rows where the territory has {divisions} divisions");
    let finding = Finding::warning("row_count_differs", "allocation_table.rows", zh, en);
    let named = areas.get(..MOST).unwrap_or(areas).join("、");
    finding.fact("rows", rows).fact("divisions", divisions).fact("areas", named)
}

/// What is known below the programme's division.
struct Territory<'a> {
    own: DivisionCode,
    names: BTreeMap<DivisionCode, &'a str>,
    below: BTreeMap<DivisionCode, Vec<DivisionCode>>,
    directly_below: Vec<&'a KnownDivision>,
}

enum Place {
    Division(DivisionCode),
    /// With its local code, where it has one.
    LocalArea(Option<DivisionCode>),
    Unknown,
    Ambiguous,
}

impl<'a> Territory<'a> {
    fn new(own: DivisionCode, context: &Context<'a>) -> Self {
        let mut names = BTreeMap::new();
        let mut below: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for known in context.divisions.iter().filter(|known| known.code != own && known.code.is_within(own)) {
            let first = names.insert(known.code, known.name.as_str()).is_none();
            if let Some(parent) = known.code.parent().filter(|_| first && !known.code.is_local()) {
                below.entry(parent).or_default().push(known.code);
            }
        }
        let directly_below = context.divisions.iter().filter(|d| d.code.parent() == Some(own) && !d.code.is_local());
        Self { own, names, below, directly_below: directly_below.collect() }
    }

    /// Nothing is said of what is missing or unknown where no territory was imported.
    fn is_known(&self) -> bool {
        !self.directly_below.is_empty()
    }

    /// Where a row belongs: by its code, else by its name. A name that no division directly below bears is an area of its
    /// own, and so is a local code of a county that is known.
    fn place(&self, row: &AllocationRow) -> Place {
        if row.division.is_empty() {
            let mut named = self.directly_below.iter().filter(|d| d.name == row.name);
            return match (named.next(), named.next()) {
                (None, _) => Place::LocalArea(None),
                (Some(one), None) => Place::Division(one.code),
                (Some(_), Some(_)) => Place::Ambiguous,
            };
        }
        let known = |code: DivisionCode| !self.is_known() || code == self.own || self.names.contains_key(&code);
        match row.division.parse::<DivisionCode>() {
            Ok(code) if code == self.own || !code.is_within(self.own) => Place::Unknown,
            Ok(code) if code.is_local() && code.parent().is_some_and(known) => Place::LocalArea(Some(code)),
            Ok(code) if !code.is_local() && known(code) => Place::Division(code),
            _ => Place::Unknown,
        }
    }

    /// Divisions that neither have a row, nor lie in one, nor are divided among rows; the uppermost of them only.
    fn missing(&self, placed: &BTreeMap<DivisionCode, usize>) -> Vec<DivisionCode> {
        let rows = placed.keys().filter(|code| !code.is_local());
        let divided: BTreeSet<DivisionCode> = rows.flat_map(|code| code.ancestors()).collect();
        let mut missing = Vec::new();
        let mut open = vec![self.own];
        while let Some(code) = open.pop() {
            for child in self.below.get(&code).into_iter().flatten().filter(|child| !placed.contains_key(child)) {
                match divided.contains(child) {
                    true => open.push(*child),
                    false => missing.push(*child),
                }
            }
        }
        missing.sort_unstable();
        missing
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::super::{Context, refuses};
    use super::*;
    use crate::finding::Severity;
    use crate::programme::fixture::{anhua, divisions};
    use crate::quantity::Quantity;

    fn row(division: &KnownDivision) -> AllocationRow {
        let cells = (1..8).map(|cell| Quantity::from_integer(cell * division.name.len() as i64)).collect();
        AllocationRow {
            name: division.name.clone(),
            division: division.code.to_string(),
            cells,
            ..AllocationRow::default()
        }
    }

    fn with(rows: Vec<AllocationRow>) -> Programme {
        let mut programme = anhua();
        programme.allocation_table.rows = rows;
        programme
    }

    fn found(rows: Vec<AllocationRow>) -> Vec<Finding> {
        let divisions = divisions();
        check(&with(rows), &Context { divisions: &divisions, ..Context::default() })
    }

    fn codes(findings: &[Finding]) -> Vec<&str> {
        findings.iter().map(|finding| finding.code).collect()
    }

    /// Townships with their villages.
    fn townships(all: &[KnownDivision]) -> Vec<(&KnownDivision, Vec<&KnownDivision>)> {
        let townships = all.iter().filter(|division| division.code.to_string().len() == 9);
        let below = |above: &KnownDivision| all.iter().filter(|it| it.code.parent() == Some(above.code)).collect();
        townships.map(|township| (township, below(township))).collect()
    }

    #[test]
    fn all_villages_of_a_county_are_a_table() {
        let all = divisions();
        let villages: Vec<_> = townships(&all).into_iter().flat_map(|(_, villages)| villages).map(row).collect();
        assert_eq!(villages.len(), 433);
        assert!(found(villages.clone()).is_empty());
        let one_less = found(villages[1..].to_vec());
        assert_eq!(codes(&one_less), ["division_without_row", "row_count_differs"]);
        assert_eq!(one_less[0].facts[1].1, villages[0].name);
    }

    #[test]
    fn a_township_that_has_no_row_and_no_village_with_one_is_named_once() {
        let all = divisions();
        let rows = townships(&all).into_iter().skip(1).flat_map(|(_, villages)| villages).map(row).collect();
        let findings = found(rows);
        assert_eq!(codes(&findings), ["division_without_row", "row_count_differs"]);
        assert_eq!(findings[0].facts[1].1, townships(&all)[0].0.name);
    }

    #[test]
    fn a_local_area_lies_in_its_county_and_in_no_township() {
        let all = divisions();
        let area = |division: &str| AllocationRow {
            name: "县城南区".into(),
            division: division.into(),
            ..AllocationRow::default()
        };
        let mut rows: Vec<_> = townships(&all).into_iter().map(|(township, _)| row(township)).collect();
        rows.push(area("430923L01"));
        assert_eq!(codes(&found(rows.clone())), ["row_is_no_division", "row_count_differs"]);
        rows.push(area("430923L01"));
        assert!(codes(&found(rows.clone())).contains(&"duplicate_row"));
        rows[24] = area("430922L01");
        assert!(codes(&found(rows)).contains(&"unknown_division"), "an area of another county");
    }

    #[test]
    fn the_division_itself_and_what_lies_outside_are_no_rows() {
        for division in ["430923", "430900", "430922101", "430923999", "430923100999", "安化"] {
            let stranger =
                AllocationRow { name: "外地".into(), division: division.into(), ..AllocationRow::default() };
            assert!(codes(&found(vec![stranger])).contains(&"unknown_division"), "{division}");
        }
    }

    #[test]
    fn rows_are_judged_by_their_codes_where_no_territory_is_known() {
        let all = divisions();
        let (township, villages) = townships(&all)[0].clone();
        let judge = |rows| check(&with(rows), &Context::default());
        assert!(judge(vec![row(villages[0]), row(villages[1])]).is_empty());
        assert_eq!(codes(&judge(vec![row(villages[0]), row(township)])), ["row_inside_row"]);
    }

    #[test]
    fn thousands_of_faults_are_told_in_a_hundred_and_one_findings() {
        let strangers = (0..3_000).map(|number| AllocationRow {
            name: format!("外地{number}"),
            division: format!("430922101{:03}", number % 999 + 1),
            ..AllocationRow::default()
        });
        let findings = found(strangers.collect());
        let errors: Vec<_> = findings.iter().filter(|finding| finding.severity == Severity::Error).collect();
        assert_eq!(errors.len(), 101);
        assert_eq!(errors[100].facts, [("others", "2900".to_owned())]);
    }

    proptest! {
        /// Each township as one row or as its villages, in any order.
        #[test]
        fn rows_of_any_depth_are_taken_and_their_order_changes_no_sum(
            whole in proptest::collection::vec(any::<bool>(), 23),
            order in any::<prop::sample::Index>(),
        ) {
            let all = divisions();
            let mut rows = Vec::new();
            for ((township, villages), whole) in townships(&all).into_iter().zip(whole) {
                match whole {
                    true => rows.push(row(township)),
                    false => rows.extend(villages.into_iter().map(row)),
                }
            }
            let straight = with(rows.clone());
            let turn = order.index(rows.len());
            rows.rotate_left(turn);
            rows.reverse();
            prop_assert!(found(rows.clone()).is_empty());
            let turned = with(rows);
            for column in 0..7 {
                let (one, other) = (&straight.allocation_table, &turned.allocation_table);
                prop_assert_eq!(one.column_sum(column), other.column_sum(column));
            }
        }

        #[test]
        fn a_row_inside_another_is_refused_wherever_it_stands(
            township in 0..23_usize,
            village in any::<prop::sample::Index>(),
            place in any::<prop::sample::Index>(),
        ) {
            let all = divisions();
            let all = townships(&all);
            let (outer, villages) = &all[township];
            let inner = villages[village.index(villages.len())];
            let mut rows: Vec<_> = all.iter().map(|(township, _)| row(township)).collect();
            let place = place.index(rows.len() + 1);
            rows.insert(place, row(inner));
            let findings = found(rows);
            prop_assert!(refuses(&findings));
            let nested: Vec<_> = findings.iter().filter(|finding| finding.code == "row_inside_row").collect();
            prop_assert_eq!(nested.len(), 1);
            prop_assert_eq!(&nested[0].field, &format!("allocation_table.rows[{place}]"));
            let fact = |name| nested[0].facts.iter().find(|(fact, _)| *fact == name).map(|(_, text)| text.clone());
            prop_assert_eq!(fact("inside"), Some(outer.code.to_string()));
            prop_assert_eq!(fact("division"), Some(inner.code.to_string()));
        }
    }
}

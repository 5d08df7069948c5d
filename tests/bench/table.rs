//! Figures with the limit that was measured in the same run, and the one table they are printed in.

use std::fmt::Write as _;

use serde_json::{Value, json};

/// What the ratio of a figure to its peer is to be.
#[derive(Clone, Copy, Debug)]
pub enum Goal {
    /// This much or more.
    AtLeast(f64),
    /// This much or less.
    AtMost(f64),
}

impl Goal {
    fn is_met(self, ratio: f64) -> bool {
        match self {
            Goal::AtLeast(limit) => ratio >= limit,
            Goal::AtMost(limit) => ratio <= limit,
        }
    }

    fn shown(self) -> String {
        match self {
            Goal::AtLeast(limit) => format!(">= {}", times(limit)),
            Goal::AtMost(limit) => format!("<= {}", times(limit)),
        }
    }
}

/// A measured figure.
#[derive(Clone, Debug)]
pub struct Figure {
    name: String,
    value: f64,
    unit: &'static str,
    peer: Option<(&'static str, f64)>,
    goal: Option<Goal>,
}

impl Figure {
    /// A figure that stands for itself.
    pub fn new(name: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { name: name.into(), value, unit, peer: None, goal: None }
    }

    /// Held against a peer's figure in the same unit.
    pub fn against(mut self, peer: &'static str, value: f64) -> Self {
        self.peer = Some((peer, value));
        self
    }

    /// What the ratio to the peer is to be.
    pub fn goal(mut self, goal: Goal) -> Self {
        self.goal = Some(goal);
        self
    }

    fn ratio(&self) -> Option<f64> {
        self.peer.filter(|(_, peer)| *peer > 0.0).map(|(_, peer)| self.value / peer)
    }

    fn is_met(&self) -> Option<bool> {
        self.goal.map(|goal| self.ratio().is_some_and(|ratio| goal.is_met(ratio)))
    }

    fn cells(&self) -> [String; 6] {
        let met = match self.is_met() {
            Some(true) => "yes",
            Some(false) => "NO",
            None => "",
        };
        [
            self.name.clone(),
            format!("{} {}", number(self.value), self.unit),
            self.peer.map_or_else(String::new, |(peer, value)| format!("{} {} {peer}", number(value), self.unit)),
            self.ratio().map(times).unwrap_or_default(),
            self.goal.map(Goal::shown).unwrap_or_default(),
            met.to_owned(),
        ]
    }

    fn json(&self) -> Value {
        json!({
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "peer": self.peer.map(|(peer, value)| json!({"name": peer, "value": value})),
            "ratio": self.ratio(),
            "goal": self.goal.map(Goal::shown),
            "met": self.is_met(),
        })
    }
}

/// All figures of a run, with what they were measured on.
#[derive(Debug, Default)]
pub struct Table {
    facts: Vec<(String, String)>,
    figures: Vec<Figure>,
}

impl Table {
    /// Notes what a figure depends on.
    pub fn fact(&mut self, name: impl Into<String>, says: impl Into<String>) {
        let (name, says) = (name.into(), says.into());
        eprintln!("{name}: {says}");
        self.facts.push((name, says));
    }

    /// Adds a figure.
    pub fn add(&mut self, figure: Figure) {
        eprintln!("  {}", figure.cells().join("  ").trim_end());
        self.figures.push(figure);
    }

    /// As text.
    pub fn text(&self) -> String {
        let head = ["figure", "measured", "limit in the same run", "ratio", "goal", "met"].map(str::to_owned);
        let rows: Vec<[String; 6]> = std::iter::once(head).chain(self.figures.iter().map(Figure::cells)).collect();
        let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..6).map(width).collect();
        let mut text = String::new();
        for (name, says) in &self.facts {
            let _ = writeln!(text, "{name}: {says}");
        }
        for (place, row) in rows.iter().enumerate() {
            let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
            let _ = writeln!(text, "{}", cells.collect::<Vec<_>>().join("  ").trim_end());
            if place == 0 {
                let _ =
                    writeln!(text, "{}", widths.iter().map(|width| "-".repeat(*width)).collect::<Vec<_>>().join("  "));
            }
        }
        text
    }

    /// As JSON.
    pub fn json(&self) -> Value {
        let facts: serde_json::Map<String, Value> =
            self.facts.iter().map(|(name, says)| (name.clone(), json!(says))).collect();
        json!({ "facts": facts, "figures": self.figures.iter().map(Figure::json).collect::<Vec<_>>() })
    }
}

/// Three digits that say something.
fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => grouped(value),
        size if size >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

fn grouped(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) && !text.ends_with('-') {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn times(ratio: f64) -> String {
    match ratio {
        ratio if ratio > 0.0 && ratio < 0.2 => format!("1/{}", number(1.0 / ratio)),
        ratio => format!("{} x", number(ratio)),
    }
}

//! The schemes as data files, in the JSON form of the contract's message, and what is wrong with altered ones.

use super::super::plain::{PlainComponent, PlainScheme};
use super::super::presets;

/// Data files as they lie in the project, in the JSON form of the contract's message.
const FILES: [&str; 5] = [
    include_str!("../../../../../deploy/schemes/default-month.json"),
    include_str!("../../../../../deploy/schemes/province-table.json"),
    include_str!("../../../../../deploy/schemes/pass-or-fail.json"),
    include_str!("../../../../../deploy/schemes/district-2018-month.json"),
    include_str!("../../../../../deploy/schemes/district-2018-year.json"),
];

fn read(text: &str) -> PlainScheme {
    let json: serde_json::Value = serde_json::from_str(text).unwrap();
    let word = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let component = |json: &serde_json::Value| PlainComponent {
        id: word(&json["id"]),
        title: word(&json["title"]),
        metric: word(&json["metric"]).replace("METRIC_", ""),
        weight: word(&json["weight"]).parse().unwrap(),
        parameters: json["parameters"]
            .as_object()
            .map(|map| map.iter().map(|(name, value)| (name.clone(), word(value))).collect())
            .unwrap_or_default(),
    };
    PlainScheme {
        name: word(&json["name"]).replace("schemes/", ""),
        version: 1,
        title: word(&json["title"]),
        components: json["components"].as_array().unwrap().iter().map(component).collect(),
        decimals: u8::try_from(json["decimals"].as_u64().unwrap()).unwrap(),
        rank_by_component: json["rankByComponent"].as_bool().unwrap_or(false),
        ..PlainScheme::default()
    }
}

#[test]
fn the_data_files_are_the_schemes_that_come_with_the_software() {
    for (file, preset) in FILES.iter().zip(presets::all()) {
        assert_eq!(read(file).to_scheme().unwrap(), preset);
    }
}

#[test]
fn what_is_wrong_is_named_by_field() {
    let mut plain = read(FILES[0]);
    plain.components[0].metric = "LUCK".into();
    plain.components[1].parameters.insert("green".into(), "2O".into());
    plain.components[2].parameters.insert("late_days".into(), "-1".into());
    plain.components[3].parameters.insert("eech".into(), "-2".into());
    let fields: Vec<String> = plain.to_scheme().unwrap_err().into_iter().map(|f| f.field).collect();
    let wanted = [
        "components[0].metric",
        "components[1].parameters.green",
        "components[2].parameters.late_days",
        "components[3].parameters.eech",
    ];
    assert_eq!(fields, wanted);
}

//! The queue: by whose it is, by state and month, page by page, each value with the latest earlier figure.

use minsheng_proto::catalogue::v1::CertificationFrequency::Monthly;
use minsheng_proto::verification::v1::{CaseState, EarlierFigure, ListCasesRequest, ListCasesResponse};

use super::*;

impl House {
    async fn list(&self, who: &Caller, request: ListCasesRequest) -> Result<ListCasesResponse, Status> {
        self.api.list_cases(as_caller(who, request)).await.map(tonic::Response::into_inner)
    }

    async fn names(&self, who: &Caller) -> Vec<String> {
        let answer = self.list(who, of_programme()).await.unwrap();
        answer.cases.into_iter().map(|case| case.name.replace(PROGRAMME, "")).collect()
    }
}

fn of_programme() -> ListCasesRequest {
    ListCasesRequest { programme: PROGRAMME.to_owned(), ..ListCasesRequest::default() }
}

async fn filled() -> House {
    let mut house = House::new(Monthly).await;
    house.submit("3.1", "2023-05", vec![heads("3.1-1", "1412")]).await;
    let june = house.submit("3.1", "2023-06", vec![heads("3.1-1", "1734")]).await;
    house.pass(&office(), &june).await.unwrap();
    let water = MeasureValue { measure: "10.4-1".into(), value: number("36.25", "万方"), ..MeasureValue::default() };
    house.submit("10.4", "2023-06", vec![water]).await;
    house
}

#[tokio::test]
async fn everyone_lists_what_is_theirs() {
    let house = filled().await;
    let jobs = ["/indicators/3.1/reports/2023-05/versions/1", "/indicators/3.1/reports/2023-06/versions/1"];
    let water = "/indicators/10.4/reports/2023-06/versions/1";
    assert_eq!(house.names(&office()).await, [water, jobs[0], jobs[1]]);
    assert_eq!(house.names(&certifier()).await, jobs);
    assert_eq!(house.names(&caller("slj", "P-water", "slj", &[Role::Certifier])).await, [water]);
    assert_eq!(house.names(&caller("rsj", "P-ma", "rsj", &[Role::Reporter])).await.len(), 3);
    assert!(house.names(&caller("jyj", "P-jyj", "jyj", &[Role::Reporter])).await.is_empty());
    let viewer = caller("v", "P-v", "rsj", &[Role::Viewer]);
    assert_eq!(refused(house.list(&viewer, of_programme()).await), Reason::NotAllowed);
}

#[tokio::test]
async fn by_month_and_state_and_page_by_page() {
    let house = filled().await;
    let june = ListCasesRequest { period: "2023-06".into(), states: vec![CaseState::Fast as i32], ..of_programme() };
    let answer = house.list(&office(), june).await.unwrap();
    assert_eq!(answer.cases.len(), 1);
    assert!(answer.cases[0].content.is_none());
    assert_eq!(text(&answer.cases[0].values[0].fast), "1734");

    let mut seen = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListCasesRequest { page_size: 1, page_token, ..of_programme() };
        let answer = house.list(&office(), request).await.unwrap();
        seen.extend(answer.cases.into_iter().map(|case| case.name));
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(seen.len(), 3);
    assert!(seen.is_sorted());

    let first = house.list(&office(), ListCasesRequest { page_size: 1, ..of_programme() }).await.unwrap();
    let token = first.next_page_token;
    let stolen = ListCasesRequest { page_token: token, ..of_programme() };
    assert_eq!(refused(house.list(&certifier(), stolen).await), Reason::PageTokenInvalid);
    let attempts = [
        (ListCasesRequest { page_size: -1, ..of_programme() }, Reason::PageSizeInvalid),
        (ListCasesRequest { period: "2023-13".into(), ..of_programme() }, Reason::PeriodInvalid),
        (ListCasesRequest { period: "2023-Q2".into(), ..of_programme() }, Reason::PeriodInvalid),
        (ListCasesRequest { states: vec![0], ..of_programme() }, Reason::FieldInvalid),
        (ListCasesRequest { states: vec![99], ..of_programme() }, Reason::FieldInvalid),
        (ListCasesRequest::default(), Reason::FieldRequired),
    ];
    for (request, reason) in attempts {
        assert_eq!(refused(house.list(&office(), request).await), reason);
    }
}

#[tokio::test]
async fn the_earlier_figure_is_certified_else_fast_else_reported() {
    let mut house = House::new(Monthly).await;
    let may = house.submit("3.1", "2023-05", vec![heads("3.1-1", "1412")]).await;
    let june = house.submit("3.1", "2023-06", vec![heads("3.1-1", "1734")]).await;
    let earlier = async |house: &House| {
        let figure: EarlierFigure = house.case(&june).await.values[0].earlier.clone().unwrap();
        (figure.period, figure.state, text(&figure.value))
    };
    let is = |state: &str, value: &str| ("2023-05".to_owned(), state.to_owned(), value.to_owned());
    assert_eq!(earlier(&house).await, is("REPORTED", "1412"));
    house.pass(&office(), &may).await.unwrap();
    assert_eq!(earlier(&house).await, is("FAST", "1412"));
    let change = Adjustment {
        measure: "3.1-1".into(),
        value: number("1400", "人"),
        reason: "重复计算".into(),
        ..Adjustment::default()
    };
    house.certify(&certifier(), &may, vec![change]).await.unwrap();
    assert_eq!(earlier(&house).await, is("CERTIFIED", "1400"));
    let listed = house.list(&office(), of_programme()).await.unwrap();
    assert_eq!(text(&listed.cases[1].values[0].earlier.as_ref().unwrap().value), "1400");
    assert!(listed.cases[0].values[0].earlier.is_none());
}

#[tokio::test]
async fn a_returned_version_is_no_figure_and_an_older_month_is() {
    let mut house = House::new(Monthly).await;
    house.submit("3.1", "2023-04", vec![heads("3.1-1", "1101")]).await;
    let may = house.submit("3.1", "2023-05", vec![heads("3.1-1", "1412")]).await;
    let june = house.submit("3.1", "2023-06", vec![heads("3.1-1", "1734")]).await;
    house.give_back(&office(), &may, "").await.unwrap();
    let figure = house.case(&june).await.values[0].earlier.clone().unwrap();
    assert_eq!((figure.period.as_str(), text(&figure.value).as_str()), ("2023-04", "1101"));
}

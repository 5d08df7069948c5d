//! What lies between the tiers: it passes each question on to the parent and the answer back, and may hold a question until
//! its sender has long gone, pass it on twice, or repeat one of earlier.

use super::course::{Course, Go, Point};
use super::stage::ABOVE;
use super::wire::{SILENCE, call, serve};

/// Passes questions on for ever.
pub(super) async fn run(course: Course) -> turmoil::Result {
    serve(move |question| pass_on(course.clone(), question)).await
}

async fn pass_on(course: Course, question: Vec<u8>) -> Option<Vec<u8>> {
    let _passing = course.passing();
    let mut answer = match course.at(Point::Passing).await {
        Go::Cut => return None,
        Go::On => ask(&question).await,
        Go::Twice => {
            let (first, second) = tokio::join!(ask(&question), ask(&question));
            second.or(first)
        }
        Go::Again(earlier) => {
            // Old questions around the new one; what is answered to them nobody hears.
            let (_, answer) = tokio::join!(ask(&earlier), ask(&question));
            ask(&earlier).await;
            answer
        }
    };
    course.remember(question);
    if course.at(Point::Returning).await != Go::On {
        answer = None;
    }
    answer
}

async fn ask(question: &[u8]) -> Option<Vec<u8>> {
    tokio::time::timeout(SILENCE, call(ABOVE, question)).await.ok()?.ok()
}

//! Pictures of figures, drawn once as SVG for every format: whole numbers only, every figure written out as it is, patterns
//! instead of colours so that they can be read in black and white. A drawing holds no script, style sheet or reference.

mod bars;
mod draw;
mod matrix;
mod trend;

pub use bars::{Fund, Progress, Standing, completion, funds, ranking};
pub use matrix::{Matrix, matrix};
pub use trend::{Series, trend};

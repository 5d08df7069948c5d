//! What an action is about, as far as policies look at it.

/// The thing acted on. Leave out what does not apply; policies treat what is missing as not matching.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resource {
    /// What it is, for example "report"; for logs.
    pub kind: &'static str,
    /// Unit that leads, owes or owns it.
    pub unit: Option<String>,
    /// Unit that certifies it.
    pub certifier: Option<String>,
    /// Its state, by the proto's name without prefix, for example "DRAFT".
    pub state: Option<String>,
    /// Persons whose part in it keeps them from the next step: of a report all who drafted, reviewed, signed, submitted,
    /// entered or asked; of a standing all who certified its figures; of a bulletin all whose step came
    /// before; of an account its holder.
    pub persons: Vec<String>,
    /// Person who entered it for a unit (代录).
    pub entered_by: Option<String>,
    /// Whether it is issued or published, so that every reader may see it.
    pub published: bool,
}

impl Resource {
    /// A thing of which nothing but its kind matters.
    pub fn new(kind: &'static str) -> Self {
        Self { kind, ..Self::default() }
    }

    /// The same, led or owned by this unit.
    #[must_use]
    pub fn of_unit(mut self, unit: impl Into<String>) -> Self {
        self.unit = Some(unit.into());
        self
    }

    /// The same, certified by this unit.
    #[must_use]
    pub fn certified_by(mut self, unit: impl Into<String>) -> Self {
        self.certifier = Some(unit.into());
        self
    }

    /// The same, with the persons who took part.
    #[must_use]
    pub fn with_persons(mut self, persons: impl IntoIterator<Item = String>) -> Self {
        self.persons = persons.into_iter().collect();
        self
    }

    /// The same, issued or published or not.
    #[must_use]
    pub fn published(mut self, published: bool) -> Self {
        self.published = published;
        self
    }

    /// The same in this state.
    #[must_use]
    pub fn in_state(mut self, state: impl Into<String>) -> Self {
        self.state = Some(state.into());
        self
    }
}

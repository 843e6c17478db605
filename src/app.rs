//! What every route is given: the configuration in force, the time and the random source.
//! Nothing here is global; a test builds its own with a fixed clock and repeatable bytes.

use std::sync::Arc;

use crate::{
    clock::{Clock, Rng},
    config::Config,
};

/// State of the running server, cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// The configuration in force.
    pub config: Arc<Config>,
    /// Where the time comes from.
    pub clock: Clock,
    /// Where randomness comes from.
    pub rng: Rng,
}

impl AppState {
    /// The state of a real server: system clock and system random source.
    pub fn new(config: Arc<Config>) -> Self {
        Self {
            config,
            clock: Clock::System,
            rng: Rng::System,
        }
    }
}

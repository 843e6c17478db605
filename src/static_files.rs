//! The script of the form page, as `npm run build` in `client/` wrote it; not to be changed by hand.

/// Where the script is served: the name holds the beginning of its SHA-256, so that it may be cached for ever.
pub const SCRIPT_PATH: &str = "/static/asylia-e645076319e30c55.js";

/// The script: one JavaScript module, ASCII.
pub const SCRIPT: &[u8] = include_bytes!("../static/asylia-e645076319e30c55.js");

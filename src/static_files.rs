//! The script of the form page, as `npm run build` in `client/` wrote it; not to be changed by hand.

/// Where the script is served: the name holds the beginning of its SHA-256, so that it may be cached for ever.
pub const SCRIPT_PATH: &str = "/static/asylia-0bca7163454a82e1.js";

/// The script: one JavaScript module. Modules are UTF-8 whatever their media type says.
pub const SCRIPT: &[u8] = include_bytes!("../static/asylia-0bca7163454a82e1.js");

//! The pages' scripts, as `npm run build` in `client/` wrote them; not to be changed by hand.
//! Names hold the beginning of each one's SHA-256, so that it may be cached for ever. Each is one JavaScript module;
//! modules are UTF-8 whatever their media type says.

/// Where the script of the form is served; it is the Worker that seals as well.
pub const SCRIPT_PATH: &str = "/static/asylia-111de7b14dc55490.js";

/// The script of the form.
pub const SCRIPT: &[u8] = include_bytes!("../static/asylia-111de7b14dc55490.js");

/// Where the script of the mailbox is served.
pub const MAILBOX_SCRIPT_PATH: &str = "/static/asylia-mailbox-d4380f19d2edaa80.js";

/// The script of the mailbox.
pub const MAILBOX_SCRIPT: &[u8] = include_bytes!("../static/asylia-mailbox-d4380f19d2edaa80.js");

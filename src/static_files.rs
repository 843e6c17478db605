//! The pages' scripts, as `npm run build` in `client/` wrote them; not to be changed by hand.
//! Names hold the beginning of each one's SHA-256, so that it may be cached for ever. Each is one JavaScript module;
//! modules are UTF-8 whatever their media type says.

/// Where the script of the form is served; it is the Worker that seals as well.
pub const SCRIPT_PATH: &str = "/static/asylia-0b20eafaddb09710.js";

/// The script of the form.
pub const SCRIPT: &[u8] = include_bytes!("../static/asylia-0b20eafaddb09710.js");

/// Where the script of the mailbox is served.
pub const MAILBOX_SCRIPT_PATH: &str = "/static/asylia-mailbox-43731b67f672c4c7.js";

/// The script of the mailbox.
pub const MAILBOX_SCRIPT: &[u8] = include_bytes!("../static/asylia-mailbox-43731b67f672c4c7.js");

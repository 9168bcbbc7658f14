pub(crate) mod containers;
pub(crate) mod ends;
pub(crate) mod events;
pub(crate) mod images;
pub(crate) mod log;
pub(crate) mod network;
pub(crate) mod usage;

//! Makes the parts out of the configuration: one function a part, and the two sides that are made of them.
//!
//! | module | what it makes |
//! |---|---|
//! | [`apps`] | the catalogue |
//! | [`parts`] | stores, keyring, engine, databases, routes, and the values both sides share |
//! | [`letters`] | letters: how they leave, and the task that sends them |
//! | [`logs`] | what reads tenants' logs, and where the API asks for them |
//! | [`worker`] | the reconciler |
//! | [`web`] | the HTTP API |

pub(crate) mod apps;
pub(crate) mod letters;
pub(crate) mod logs;
pub(crate) mod parts;
pub(crate) mod registries;
pub(crate) mod web;
pub(crate) mod worker;

//! Floor 5: one file a command; the only place where the parts are wired together.

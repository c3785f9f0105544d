//! Decisions and reports as tables: one valid observation, one thing changed, one plan expected.

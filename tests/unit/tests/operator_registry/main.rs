//! The operator-registry: records, bonds, leaves and what governs, each test a story of its own.

mod bonds;
mod governance;
mod leaves;
mod pool;
mod records;
mod standing;
mod whitelisted;
mod withdrawals;

//! The economy across all pallets. No token is made or lost, lies cost the liar more than they bring, and the
//! cost of a call does not grow with the number of groups.

pub(crate) mod actor;
mod blocks;
pub(crate) mod calls;
mod cost;
mod equivocation;
mod fuzz;
mod lies;
mod recorded;
mod scale;
mod work;

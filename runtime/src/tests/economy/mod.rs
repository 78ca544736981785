//! The economy as a whole, across all pallets: that no token is made or lost whatever happens, that lies cost
//! those who tell them more than they bring, and that nothing costs more the more groups there are.

mod actor;
mod blocks;
mod calls;
mod cost;
mod equivocation;
mod fuzz;
mod lies;

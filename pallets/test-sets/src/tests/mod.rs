mod judge;
mod open;
mod release;

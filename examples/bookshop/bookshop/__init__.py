"""A bookshop: a catalogue and stock on sync sessions, orders and reviews on async ones."""

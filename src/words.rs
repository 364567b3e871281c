//! Floor 0: the words that every floor above speaks.

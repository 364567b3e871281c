//! Floor 3: carries out what floor 1 decided, through the doors.

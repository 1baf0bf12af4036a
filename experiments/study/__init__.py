"""Many runs, compared: claims with intervals, the best balance, and when sharing helps."""

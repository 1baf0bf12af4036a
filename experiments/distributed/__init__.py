"""One run shared out between several processes, on one machine or on several."""

"""Speed and steadiness, measured beside a peer that does the same work in the same run; never a timed test."""

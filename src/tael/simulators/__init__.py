"""Which channels and banks can be played on this machine? Each folder stands in for one, faults and all."""

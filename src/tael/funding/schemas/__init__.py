"""What do requests and answers look like on the wire? Requests that are strict, and bodies that agree with the nouns."""

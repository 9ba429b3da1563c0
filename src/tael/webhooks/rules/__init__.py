"""What is decided without looking anywhere?

addresses   where we send nothing to
filters     which events an endpoint wants
retries     when a delivery is tried again, when an endpoint rests, when it is given up
signatures  how a message is signed
"""

"""Does a connector keep its promises? The acceptance kit tries them all, with everything that can go wrong.

Every scenario that a connector's `Capabilities` promise is played against the channel's simulator or its sandbox, once
as it should be and once with each fault that fits it. Three things are proved of each: nothing was done twice, no
outcome was guessed, and what was not known was found out by asking. What comes out is a report that is signed.

model       words: fault, verdict, case, report; whether to believe a report
rules       which faults fit which operation; what contradicts the truth; how to find out what is not known
control     the simulator's own interface: the truth, the payer's acts, the switches of faults
proxy       what goes wrong on the way: an answer that is late, cut, lost, reset, or somebody else's
line        the wire between connector and channel, which remembers what was said
listener    where the channel's notices arrive
payer       a payer's browser and wallet
desk        all that a run shares
scene       one case being played: ask, judge, find out
scenarios   the stories, by subject
bits        what if one bit of a message is wrong?
sandbox     the stories that a real channel lets us play
run         all cases, many at a time
documents   the report for people and for machines
api         accept a connector, verify a report

Events: none. Tables: none. Whoever lets a channel go live (`partners`) believes `model.verify_report` alone.
"""

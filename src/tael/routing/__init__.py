"""Routing: which channel for this payment, refund or payout?

Owns     rules of operations, decisions with their candidates and outcomes, what was learnt of channels.
Words    *wanted*: what a channel is sought for. *Candidate*: a channel that was thought of, with the reason if it was
         ruled out. *Decision*: the channel that was drawn, and the probability with which it was. *Segment*: payments
         that succeed alike. *Policy*: a way to choose. *Rule*: what operations say about channels, in CEL.
Tables   routing.rule_changes, routing.rules, routing.decisions, routing.lessons (results not yet taken into account),
         routing.estimates.
Events   none: what was decided stands beside the attempt for which it was.

A decision takes four steps, each a module without input or output: who may do it (`eligibility`), who is well
(`health`), who is worth most (`estimates`, `choice`), and the draw (`decisions`). `replay` judges other policies on
past decisions.
"""

"""Standing: what a user may do at this moment, and why not.

Owns     one row for each user with all that decides about it; the evidence behind their account class, restrictions,
         requests for a change, objections, signals, and the history of all of it.
Words    *standing*: what a user may do now. *permission*: one thing that users do, such as `transfer`; each belongs to a
         class: basic, transaction, management. *evidence*: that a source, independent of us, has confirmed who somebody
         is. *account class*: I, II or III, by the evidence. *restriction*: takes some permissions, for a reason, since a
         moment, until another. *signal*: something about a user's behaviour or credit that speaks for or against them; a
         *report* is one that somebody outside gave.
         *hidden*: of a restriction, that its user must not hear why.
Tables   standing.standings, standing.evidence, standing.restrictions, standing.requests, standing.objections,
         standing.signals, standing.activity, standing.history.
Events   StandingChanged, RestrictionSet, RestrictionLifted, RequestDecided, RequestOverdue, ObjectionAnswered,
         ObjectionOverdue, ReviewOverdue.

The row of a user holds everything that a decision needs: whoever moves money reads it, locked, in one statement of their own
transaction (`lock_and_check`). What ends by itself (a freeze of 48 hours, evidence) has ended at its moment, whether or not a
job has come by.
"""

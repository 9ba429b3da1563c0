"""Partners: who is behind each channel, how we came to terms with them, and whether we still are.

Owns     the way of each channel from research to retirement, its papers and fees, what has to be done again and again
         (check-lists, policy changes, certificates, drills), maintenance windows, and the scorecard.
Words    *partner*: who is behind a channel; one for each. *step*: a part of the way, with an owner, documents and
         checks. *move*: what leads from one state to another. *trial*: a channel that moves no real money.
         *canary*: a channel with a share of the traffic, under a *guard* that steps back by itself.
         *fee table*: what a partner takes, from a day on. *deadline*: a day by which somebody must have done
         something; *reminder*: said once for each distance from it. *scorecard*: channels compared in figures.
Tables   partners.partners, .steps, .ticks, .history, .documents, .acceptances, .fee_tables, .windows,
         .policy_changes, .checklists, .runs, .answers, .certificates, .drills, .weights, .reminders.
Events   PartnerMoved, CanarySteppedBack, DeadlineNear.

What moves real money (canary, live, suspend, resume, fees, guards, the weights of the scorecard) takes two people:
it is proposed and approved (`foundation.proposals`), and refused if the partner has changed in between.

model     nouns: partner, papers, fees, duties, scores
rules     the way (states × moves, steps × checks), deadlines, bills against fees, scores
schemas   commands: what may be asked, in which limits; what two people decide
store     the context's SQL
usecases  one verb for each command
reads     questions that change nothing, page by page
api       do a command, answer a call, terms for routing, scorecards, rounds of jobs
"""

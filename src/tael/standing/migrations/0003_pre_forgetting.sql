-- When nothing has to be kept of somebody any longer, what they asked, what was said of them and what happened to them goes.

grant delete on
    standing.activity, standing.evidence, standing.restrictions, standing.requests, standing.objections, standing.signals,
    standing.history
    to tael_app;

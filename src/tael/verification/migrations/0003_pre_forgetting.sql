-- When nothing has to be kept of somebody any longer, their checks go.

grant delete on verification.checks to tael_app;

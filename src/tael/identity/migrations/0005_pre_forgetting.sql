-- Who leaves is forgotten: at once what they signed in with, and what they confirmed when no law asks for it any more.

grant delete on identity.devices, identity.payment_passwords, identity.passkeys, identity.second_factors to tael_app;
grant update (name) on identity.logins to tael_app;

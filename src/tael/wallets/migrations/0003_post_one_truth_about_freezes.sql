-- What is frozen stands with standing, and as the floor of the wallet's account in the ledger; nobody wrote it here.

drop table wallets.freezes;

// Sends the one form of the page on; without a script its button does.
document.forms[0].submit();

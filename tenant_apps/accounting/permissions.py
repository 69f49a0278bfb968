from core.permissions import granted

_books = ("tenant_admin", "firm_admin", "cfo", "accountant")

granted("accounting.view", "See the books", roles=(*_books, "reviewer"))
granted("accounting.post", "Post journal entries", roles=("cfo", "accountant"))
granted("accounting.draft", "Write drafts of journal entries", roles=("cfo", "accountant", "staff"))
granted("accounting.approve", "Approve journal entries", roles=("firm_admin", "cfo"))
granted("accounting.reverse", "Reverse journal entries", roles=("cfo", "accountant"))
granted("accounting.hold", "Put amounts on hold and release them", roles=("cfo", "accountant"))
granted("accounting.lock", "Close periods softly and open them again", roles=("cfo", "accountant"))
granted("accounting.lock_hard", "Close periods for good", roles=("cfo",))
granted("accounting.grant_exception", "Let somebody post into a closed period", roles=("firm_admin", "cfo"))
granted("accounting.set_up", "Change accounts, journals and the settings of the books", roles=_books)
granted("accounting.check", "Check the ledger", roles=(*_books, "reviewer"))

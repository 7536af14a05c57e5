-- What a constraint or trigger would say at COMMIT only, it says now.
set constraints all immediate

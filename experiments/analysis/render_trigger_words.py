"""The Dutch of the trigger in a report file."""

TRIGGER_DUTCH: dict[str, str] = {
    "Trigger": "Trigger",
    "Trigger left alone": "Trigger ongemoeid",
    "Units that reached the trigger": "Eenheden die de trigger bereikten",
    "On everybody": "Op iedereen",
    "That is of those who reached {event}.": "Dat geldt voor wie {event} bereikte.",
    "These are all who were exposed; those who reached the trigger decide.": (
        "Dit zijn allen die zijn blootgesteld; wie de trigger bereikte, beslist."
    ),
    "{units} units ({share} of those exposed) reached {event}. They decide: what they did counts from that "
    "moment on, in all variants alike. On everybody: the same effect, spread over all who were exposed.": (
        "{units} eenheden ({share} van wie is blootgesteld) bereikten {event}. Zij beslissen: wat ze deden "
        "telt vanaf dat moment, in alle varianten gelijk. Op iedereen: hetzelfde effect, verdeeld over allen "
        "die zijn blootgesteld."
    ),
    "Withdrawn: the variant has a part in who reached {event}.": (
        "Ingetrokken: de variant heeft invloed op wie {event} bereikte."
    ),
    "No unit has reached {event} yet.": "Nog geen eenheid heeft {event} bereikt.",
    "{units} of {exposed} units reached {event}, divided as planned.": (
        "{units} van {exposed} eenheden bereikten {event}, verdeeld als gepland."
    ),
    "The units that reached {event} are divided {uneven} over the variants, or were so on some days; "
    "{plan} was planned. The variant has a part in who gets there.": (
        "De eenheden die {event} bereikten zijn als {uneven} over de varianten verdeeld, of waren dat op "
        "sommige dagen; gepland was {plan}. De variant heeft invloed op wie daar komt."
    ),
    "The units that reached {event} already differed before they did, so the variant works before it.": (
        "De eenheden die {event} bereikten verschilden daarvoor al, dus de variant werkt al eerder."
    ),
    "The variant changes something that shoppers meet before the trigger.": (
        "De variant verandert iets dat shoppers al voor de trigger tegenkomen."
    ),
    "Choose an event as trigger that comes before anything that the variant changes.": (
        "Kies als trigger een gebeurtenis die komt voor alles wat de variant verandert."
    ),
}

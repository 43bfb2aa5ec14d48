"""The Dutch of a decision's reasons in a report file, by the sentence of `reasons.SENTENCES`."""

from __future__ import annotations

from experiments.analysis.reasons import SENTENCES

_BY_CODE = {
    "srm_failed": (
        "De verdeling over de varianten is niet de geplande, dus de cijfers zijn niet te vertrouwen."
    ),
    "multiple_exposure_failed": (
        "Te veel eenheden zagen meer dan één variant, of vooral die van één variant; wie overblijft is niet "
        "te vergelijken."
    ),
    "pre_period_failed": (
        "De varianten verschilden al voor de blootstelling, dus een verschil hoeft niet van de verandering "
        "te komen."
    ),
    "silence_failed": "Eén variant stuurt geen gebeurtenissen meer, dus de cijfers zijn niet te vergelijken.",
    "bots_failed": (
        "Van de ene variant zijn meer eenheden als bot weggelaten dan van de andere, dus wie overblijft is "
        "niet te vergelijken."
    ),
    "trigger_balance_failed": (
        "De variant heeft invloed op wie de trigger bereikt, of op wat daarvoor gebeurde, dus wie hem "
        "bereikte is niet te vergelijken."
    ),
    "no_primary": "Er is geen hoofdmeetwaarde, dus er valt niets te besluiten.",
    "not_enough_data": "Nog geen hoofdmeetwaarde is te beoordelen: {reason}",
    "primary_better": "'{metric}' is beter met {variant}.",
    "primary_worse": "'{metric}' is slechter met {variant}.",
    "guardrail_worse": "Vangrail '{metric}' is slechter met {variant}.",
    "guardrail_beyond_margin": (
        "Vangrail '{metric}' is met {variant} slechter dan de grens van {margin:.2%} toelaat."
    ),
    "guardrail_within": "Vangrail '{metric}' blijft met {variant} binnen de grens van {margin:.2%}.",
    "switch_off": "Zet {variant} uit: die variant schaadt; de andere kunnen doorgaan.",
    "guardrails_hold": "Van geen vangrail is gebleken dat die slechter is met {variant}.",
    "guardrail_open": (
        "Van vangrail '{metric}' is nog niet gebleken dat die met {variant} binnen de grens van {margin:.2%} "
        "blijft."
    ),
    "equivalent": (
        "Elke hoofdmeetwaarde verschilt minder dan {mde:.2%}, het kleinste effect dat ertoe doet."
    ),
    "no_conclusion": "Nog geen hoofdmeetwaarde geeft uitsluitsel.",
    "single_look": (
        "Het plan wordt één keer afgelezen, bij {planned:,} eenheden; daarvoor wordt niets besloten."
    ),
    "cannot_be_decided": (
        "Met dit verkeer is niet te besluiten: {days} dagen in dit tempo brengen {units:,} eenheden, die een "
        "effect van {detectable:.2%} op '{metric}' laten zien; het kleinste effect dat ertoe doet is "
        "{smallest:.2%}."
    ),
    "plan_too_small": (
        "{units:,} eenheden laten een effect van {detectable:.2%} op '{metric}' zien; het kleinste effect "
        "dat ertoe doet, {smallest:.2%}, vraagt er ongeveer {needed:,}."
    ),
    "needed_days": "Dat is in dit tempo nog ongeveer {days} dagen.",
    "days_to_go": "In dit tempo nog ongeveer {days} dagen tot de geplande {planned:,} eenheden.",
    "planned_size_reached": (
        "De geplande {planned:,} eenheden zijn er; een verschil, als het er is, is te klein voor deze omvang."
    ),
    "futility": (
        "Bij kijkmoment {look} van {looks} gestopt wegens te weinig kans: waarschijnlijk laat de rest "
        "van het plan geen effect meer zien van de grootte waarvoor het gemaakt is."
    ),
    "between_looks": (
        "Van de {looks} geplande kijkmomenten zijn er {taken} geweest; cijfers daartussen beslissen niet. "
        "Kijkmoment {next} komt bij {units:,} eenheden."
    ),
    "looks_cut_off": (
        "Met de hand gestopt na {taken} van de {looks} geplande kijkmomenten; wat daarna kwam beslist niet."
    ),
    "ended_early": (
        "Het experiment eindigde op zijn datum met {share:.0%} van de geplande informatie; daarmee werd dit "
        "het laatste kijkmoment."
    ),
    "preliminary": "Voorlopig: {share:.0%} van de eenheden heeft het venster voltooid.",
}
REASON_DUTCH = {SENTENCES[code]: dutch for code, dutch in _BY_CODE.items()}

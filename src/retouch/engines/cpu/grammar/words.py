"""Pieces that the patterns are built from. Every piece is a regular expression over a Sentence's text, linear by
construction: no piece repeats a piece that repeats, beyond small fixed counts."""

NUM = r"\d+(?:\.\d+)?"

#: Where a pattern must end: the end, a pause, or a word that starts the next wish.
END = (
    r"(?=$| [,.:]| (?:then|plus|also|with|please|thanks|thank|for me|too|as well|while you are at it)\b"
    r"| and\b(?! (?:the|his|her|their|its|all|my) [a-z']+(?: [a-z']+)?(?:$| [,.])))"
)

IMAGE_NOUN = r"(?:images?|photos?|pictures?|snapshot|shot|frame|selfie|portrait|canvas|scan|snap|scene)"
_WHOLE = r"(?:whole|entire|full|complete|overall|original|attached|uploaded|given|provided|input)"
#: The picture itself.
IMAGE = (
    rf"(?:(?:all of )?(?:the|this|that|my|our|these|your) (?:{_WHOLE} )?{IMAGE_NOUN}(?: here)?|{_WHOLE} {IMAGE_NOUN}"
    rf"|{IMAGE_NOUN}|(?:all of )?(?:it|this|that)(?: all)?|this 1|everything|the whole thing|(?:the )?overall look)"
)
#: The picture, or its colours: what a tone acts on.
COLORS = r"(?:(?:the |its |all the |all |of |these ){0,3}(?:colors|tones|hues))"
BACKGROUND = (
    r"(?:(?:only |just )?(?:the |this |that |its |my |a |image's )?(?:whole |entire )?(?:image |photo |picture )?"
    r"background(?: (?:of|in|from|behind) (?:the |this |my )?(?:image|photo|picture|subject|it))?)"
)
SUBJECT = r"(?:(?:only |just )?(?:the |my )?(?:main |central )?(?:subject|foreground|main object|product)s?)"
#: The area that the caller marked, in the words people use for it.
MARKED = (
    r"(?:(?:only |just )?(?:the |this |that |my |these )?"
    r"(?:masked|selected|marked|highlighted|painted|chosen|brushed)(?: out)?"
    r"(?: (?:areas?|regions?|parts?|sections?|zones?|bits?|px|portions?|objects?|things?|spots?|stuff|items?))?"
    r"|(?:the |this |my |that )(?:selection|mask|area|region|part|spot|section)"
    r"|(?:what|everything|anything|whatever|all)(?: is)? (?:under|inside|in|within|behind) (?:the |my )?"
    r"(?:mask|selection|masked area|selected area)|here|(?:in|inside|within) (?:the )?(?:mask|selection))"
)

SMALL = (
    r"(?:just )?(?:a (?:little |tiny |wee |small )?(?:bit|touch|tad|smidge|smidgen|hint|hair|notch"
    r"|splash|dash|fraction)"
    r"|a little|slightly|somewhat|subtly|gently|lightly|marginally|mildly|subtle|slight|light|mild|gentle|softly)"
)
BIG = (
    r"(?:(?:a )?(?:whole )?(?:lot|ton)s?|much|way|far|very|really|super|extremely|significantly|considerably"
    r"|substantially|dramatically|drastically|strongly|heavily|greatly|a great deal|strong|heavy|intense|intensely"
    r"|dramatic|so much|very much|massively|extra)"
)
MEDIUM = r"(?:moderately|noticeably|quite|fairly|some|a fair bit|visibly|medium|moderate|simple|basic|nice|even)"
PERCENT = (
    rf"(?:by )?(?:about |around |roughly |approximately )?(?:[+-] )?{NUM} %|by (?:[+-] )?{NUM}"
    r"|by (?:a )?(?:half|third|quarter)|by (?:a )?1 (?:half|third|quarter)"
)
#: How much.
DEGREE = rf"(?:{SMALL}|{BIG}|{MEDIUM}|{PERCENT})"

#: Words that no name of an object contains, because they begin another wish or a condition on this one.
STOP = (
    r"(?:add|adding|added|make|makes|making|made|turn|turning|turns|put|putting|change|changing|changed|replace"
    r"|replacing|replaced|swap|swapping|swapped|remove|removing|removed|erase|delete|keep|keeping|kept|give|giving"
    r"|create|creating|generate|generating|draw|drawing|insert|convert|transform|transforming|become|becomes"
    r"|let|leave|leaving|preserve|preserving|retain|maintain|reveal|revealing|show|showing|fill|filling|set|use|using"
    r"|crop|rotate|flip|blur|sharpen|brighten|darken|extend|expand|upscale|resize|pixelate|increase|decrease|reduce"
    r"|but|except|excluding|not|no|don't|dont|doesn't|without|unless|if|only|other|than|instead|rather|so|because"
    r"|as|into|then|while|until|when|like|still|yet|never|also|plus|more|less|is|are|be|look|looks|looking|bring"
    r"|and|or|please|image|photo|picture|to|too|by|contrast|brightness|saturation|exposure|warmth|sepia|grayscale"
    r"|monochrome|vignette|sharpness|vibrance|brighter|darker|warmer|cooler|sharper|lighter|crisper|softer"
    r"|transparent|style|colors|nothing|something|denoise|enhance|invert|mirror|soften|saturate|desaturate|posterize"
    r"|emboss|improve|straighten|enlarge|lighten|invisible|disappear|vanish|background)"
)
_WORD = rf"(?!{STOP}\b)[a-z0-9][a-z0-9']*"
DET = r"(?:the|a|an|this|that|these|those|his|her|their|its|my|our|all|any|some|every|both)"
_BESIDE = r"(?:next to|close to|to the (?:left|right)(?: of)?)"
_IN_BACKGROUND = r"in the (?:background|image|photo|picture)|from the (?:background|image|photo|picture)"
_JOIN = rf"(?: ,| and| , and)(?= {DET} (?!background|image|photo|picture|rest|colors|noise))"
_HOW_MUCH = (
    r"(?:much|very|really|slightly|somewhat|super|extremely|significantly|considerably|way|far|even|quite|lots|subtly"
    r"|dramatically|heavily|strongly|gently|lightly|completely|fully|some|a (?:bit|lot|touch|tad|hint|ton|notch)"
    r"|a (?:little )?(?:bit|brighter|darker|warmer|cooler|more|less)|(?:up|down|out|off|of|in|on|at|for)"
    r"|it (?!in |on )[a-z]|this is|everything [a-z])\b"
)
#: An object by name, shortest first; several may be joined by `and` before an article.
OBJECT = rf"(?:(?!{_HOW_MUCH}){_WORD}(?:(?:{_JOIN})? (?:{_IN_BACKGROUND}|{_BESIDE}|{_WORD})){{0,11}}?)"
#: Anything that can be acted on; `things.target` tells which it is.
_PLAIN = rf"{IMAGE}|{COLORS}|{BACKGROUND}|{SUBJECT}|{MARKED}"
TARGET = rf"(?:{_PLAIN}|{OBJECT})"
#: The same where no verb precedes it: an object then needs an article.
NAMED = rf"(?:{_PLAIN}|(?={DET} ){OBJECT})"

#: A corner, an edge or the centre of something.
CORNER = r"(?:(?:top|upper|bottom|lower|center)(?: (?:left|right|center))?|left|right)"

MAKE = r"(?:make|get|turn|render|have|set|let|change|transform|convert)"

#: Politeness and glue, which say nothing about the edit.
SKIP = (
    r"(?:please|kindly|can you|could you|would you|will you|can we|could we|can i have|can i get|could i get"
    r"|i want you to|i need you to|i would like you to|i want to|i would like to|i need to|i want|i would like|i need"
    r"|we need|we want|help me|help me to|lets|let us|go ahead|hi|hello|hey|there|ok|okay|now|just|simply|quickly"
    r"|automatically|carefully|first|firstly|then|next|finally|lastly|also|plus|and|after that|afterwards|maybe"
    r"|thanks|thank you|thanks a lot|thank you very much|thx|for me|if possible|if you can|if you could|too|as well"
    r"|with|you should|try to|the result should be|the result should|it should be|it should|at the same time"
    r"|while you are at it|using this image|in this (?:image|photo|picture)|for this (?:image|photo|picture)"
    r"|i would love|edit (?:this|the|my) (?:image|photo|picture) to|edit it to|your task is to|,|\.|:)"
)

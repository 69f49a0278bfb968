from core.errors import Conflict, NotFound, Unprocessable


class BrandRefused(Unprocessable):
    """A setting of the brand is not valid."""

    code = "brand_refused"
    title = "The brand could not be saved"


class BrandChanged(Conflict):
    """Somebody else saved the draft since it was read."""

    code = "brand_changed"
    title = "The draft was changed meanwhile"
    message = "Somebody else saved the draft after you opened it. Reload the page, look at it and save again."


class BrandHeld(Conflict):
    """The organisation's state lets nothing change."""

    code = "brand_held"
    title = "The brand cannot change now"
    message = "The organisation is read-only or closed: its brand stays as it is until it is active again."


class NothingToPublish(Conflict):
    """The draft is what is published."""

    code = "nothing_to_publish"
    title = "There is nothing to publish"
    message = "The draft is the same as the published brand. Change something first."


class NoSuchVersion(NotFound):
    """The brand has no version with this number."""

    code = "not_found"


class ImageRefused(Unprocessable):
    """An uploaded picture cannot be used."""

    code = "image_refused"
    title = "This picture cannot be used"

from core.web.columns import Column
from core.web.components.blocks import Fact, Happening, MenuItem
from core.web.views.base import RoomView
from core.web.views.details import DetailView
from core.web.views.forms import DeleteView, FormView, Section
from core.web.views.lists import BulkAction, ListView

__all__ = [
    "BulkAction",
    "Column",
    "DeleteView",
    "DetailView",
    "Fact",
    "FormView",
    "Happening",
    "ListView",
    "MenuItem",
    "RoomView",
    "Section",
]
